using System.Globalization;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Int8;

/// <summary>
/// Makes the plan of a network with 8-bit integers: calibrates its layers, times them, and leaves those in float32 that
/// don't get faster or that cost too much of the budget.
/// </summary>
internal sealed class Quantizer : IDisposable
{
    private const int FewestHeldOut = 10;
    private const double Faster = 0.95;
    private const int FewestRuns = 5;
    private const int MostRuns = 50;
    private const double EnoughMilliseconds = 200;

    // With less of the network's arithmetic in integers, the version would only lose.
    private const double LeastShare = 0.25;

    private readonly Plan graph;
    private readonly ParameterStore parameters;
    private readonly QuantizationBudget budget;
    private readonly QuantizationProgress? progress;
    private readonly CancellationToken cancellationToken;
    private readonly IntraBatchPool pool = new(NativeRuntime.Threads, "quantize");

    /// <summary>Prepares to quantize a network.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">Its tensors on the CPU; borrowed. They are changed for a while, and put back.</param>
    /// <param name="budget">How far the scores may be from those in float32.</param>
    /// <param name="progress">Is told how far it is; null: nobody wants to know.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Quantizer(
        Plan graph,
        ParameterStore parameters,
        QuantizationBudget budget,
        QuantizationProgress? progress,
        CancellationToken cancellationToken
    )
    {
        (this.graph, this.parameters, this.budget) = (graph, parameters, budget);
        (this.progress, this.cancellationToken) = (progress, cancellationToken);
    }

    /// <summary>Quantizes the network.</summary>
    /// <param name="inputs">Inputs as the network will get them, each row-major.</param>
    /// <returns>The formats; <see cref="ErrorCode.QuantizationRejected"/>.</returns>
    public Outcome<Quantization> Run(IReadOnlyList<float[]> inputs)
    {
        NativeRuntime.PrepareThread();
        var every = Math.Max(2, Math.Min(5, inputs.Count / FewestHeldOut));
        var heldOut = inputs.Where((_, index) => index % every == 0).ToList();
        var forRanges = inputs.Where((_, index) => index % every != 0).ToList();
        var layers = new Calibrator(graph, parameters, progress, cancellationToken).Run(forRanges, heldOut);
        var timer = new LayerTimer(parameters);
        var timed = layers.Select(Time).ToList();
        using var exact = PlanVerification.Build(graph, parameters, CPU, Precision.Float32);
        var expected = Logits(exact, heldOut);
        var candidates = timed
            .Where(layer => layer.After < Faster * layer.Before)
            .OrderByDescending(layer => layer.Calibrated.Error)
            .ToList();
        PlanAccuracy? last = null;
        for (var dropped = 0; ; dropped = Math.Max(1, dropped * 2))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var kept = candidates.Skip(dropped).ToList();
            if (kept.Sum(layer => layer.Calibrated.Operator.Macs) < LeastShare * TotalMacs())
                return Refusal(last, candidates.Count);
            var quantization = Formats(kept);
            using var plan = PlanVerification.Build(graph, parameters, CPU, Precision.Float32, quantization);
            last = PlanAccuracy.Compare(Logits(plan, heldOut), expected, heldOut.Count);
            if (last.Top1Agreement < budget.MinAgreement || last.MaxDifference > budget.MaxProbabilityChange)
                continue;
            return quantization with { Report = Describe(timed, kept, last, forRanges.Count, exact, plan) };
        }

        TimedLayer Time(CalibratedLayer layer, int index)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (before, after) = timer.Measure(layer);
            progress?.Invoke("times", index + 1, layers.Count);
            return new TimedLayer(layer, before, after);
        }
    }

    /// <summary>
    /// Refuses a plan that is slower with 8-bit integers. Its layers by themselves may be faster: in float32, a network
    /// of small operators is computed by code that knows no integers (docs/decisions/0044).
    /// </summary>
    /// <param name="report">What the quantization has brought.</param>
    /// <returns><see cref="ErrorCode.QuantizationRejected"/>; null: it is faster for some batches.</returns>
    public static Failure? RefuseSlower(QuantizationReport report) =>
        report.Milliseconds.All(speed => speed.Int8 >= speed.Float32)
            ? new Failure(
                ErrorCode.QuantizationRejected,
                $"With 8-bit integers this network is slower on this processor: an image takes "
                    + string.Join(
                        " and ",
                        report.Milliseconds.Select(speed =>
                            string.Create(
                                CultureInfo.InvariantCulture,
                                $"{speed.Int8:g2} ms instead of {speed.Float32:g2} in batches of {speed.BatchSize}"
                            )
                        )
                    )
                    + "."
            )
            : null;

    /// <inheritdoc/>
    public void Dispose() => pool.Dispose();

    private long TotalMacs() => PlanPasses.Fuse(graph).Operators.OfType<WeightedOperator>().Sum(item => item.Macs);

    private static Quantization Formats(List<TimedLayer> layers) =>
        new(
            layers.ToDictionary(layer => layer.Name, layer => layer.Calibrated.Formats),
            layers.ToDictionary(layer => layer.Name, layer => layer.Calibrated.BiasCorrection)
        );

    private Failure Refusal(PlanAccuracy? accuracy, int faster) =>
        new(
            ErrorCode.QuantizationRejected,
            accuracy is null
                ? $"Only {faster} layers of this network can compute faster with 8-bit integers on this processor: a "
                    + "version in int8 would gain nothing."
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"Within the budget, too few layers can compute with 8-bit integers: at last "
                        + $"{accuracy.Top1Agreement:p1} of {accuracy.Inputs} images got the same class as in float32 "
                        + $"(at least {budget.MinAgreement:p1} is asked for), and a probability changed by "
                        + $"{accuracy.MaxDifference:g2} (at most {budget.MaxProbabilityChange:g2}). Calibrate "
                        + $"with more images, such as the model will see, or allow more."
                )
        );

    private QuantizationReport Describe(
        List<TimedLayer> timed,
        List<TimedLayer> kept,
        PlanAccuracy accuracy,
        int images,
        IExecutor exact,
        IExecutor plan
    )
    {
        var byName = timed.ToDictionary(layer => layer.Name);
        var inIntegers = kept.Select(layer => layer.Name).ToHashSet();
        var layers = PlanPasses
            .Fuse(graph)
            .Operators.OfType<WeightedOperator>()
            .Select(item =>
                item.Weights is NamedWeights { Name: var name } && byName.TryGetValue(name, out var layer)
                    ? Describe(layer, inIntegers.Contains(name))
                    : new QuantizedLayer(
                        item.Key,
                        Precision.Float32,
                        item.IsFloat32 ? "It gives the logits." : "There is no kernel for it with 8-bit integers."
                    )
            );
        return new QuantizationReport(
            images,
            accuracy.Inputs,
            accuracy.Top1Agreement,
            accuracy.MaxDifference,
            accuracy.MeanDifference,
            [Speed(1, exact, plan), Speed(8, exact, plan)],
            [.. layers]
        );
    }

    private static QuantizedLayer Describe(TimedLayer layer, bool isInIntegers) =>
        new(
            layer.Calibrated.Operator.Key,
            isInIntegers ? Precision.Int8 : Precision.Float32,
            isInIntegers ? null
                : layer.After < Faster * layer.Before ? "Its error is among the largest, and would exceed the budget."
                : "It is not faster with 8-bit integers."
        )
        {
            InputScale = layer.Calibrated.Formats.Input.Scale,
            OutputScale = layer.Calibrated.Formats.Output.Scale,
            Range = layer.Calibrated.OutputMethod,
            Error = layer.Calibrated.Error,
            MillisecondsBefore = layer.Before,
            MillisecondsAfter = layer.After,
        };

    private QuantizationSpeed Speed(int batchSize, IExecutor exact, IExecutor plan)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var batch = ones([batchSize, .. graph.Input.Shape.Sizes]);
        var ms = ExecutorTimer.Measure(
            [(exact, batch), (plan, batch)],
            round => Math.Clamp((int)(EnoughMilliseconds / round), FewestRuns, MostRuns),
            pool
        );
        return new QuantizationSpeed(batchSize, ms[0] / batchSize, ms[1] / batchSize);
    }

    private float[] Logits(IExecutor executor, IReadOnlyList<float[]> inputs)
    {
        using var inference = inference_mode();
        var logits = new List<float>();
        foreach (var input in inputs)
        {
            using var scope = NewDisposeScope();
            var batch = empty([1, .. graph.Input.Shape.Sizes], ScalarType.Float32);
            input.CopyTo(TensorMemory.Elements<float>(batch));
            logits.AddRange(TensorMemory.Elements<float>(executor.Forward(batch).contiguous()));
        }

        return [.. logits];
    }

    private sealed record TimedLayer(CalibratedLayer Calibrated, double Before, double After)
    {
        public string Name => QuantizableLayers.Name(Calibrated.Operator);
    }
}
