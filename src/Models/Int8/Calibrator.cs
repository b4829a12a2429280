using System.Numerics.Tensors;
using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace ModelService.Models.Int8;

/// <summary>
/// Finds the formats in which a network's layers compute with 8-bit integers: the ranges of the values on calibration
/// inputs, then for each the candidate with the least error of the logits on other inputs.
/// </summary>
internal sealed class Calibrator
{
    private const int AtOnce = 8;

    // Held-out inputs that candidates are compared with: as many as the time for it allows.
    private const int FewestCompared = 2;
    private const int MostCompared = 16;
    private static readonly TimeSpan TimeToCompare = TimeSpan.FromSeconds(60);

    private readonly Plan graph;
    private readonly ParameterStore parameters;
    private readonly List<WeightedOperator> layers;
    private readonly ValueGroups groups;
    private readonly Dictionary<ValueGroup, RangeCandidate> chosen = [];
    private readonly QuantizationProgress? progress;
    private readonly CancellationToken cancellationToken;

    /// <summary>Prepares the calibration of a network.</summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">
    /// Its tensors on the CPU; borrowed. The calibration changes them for a while, and puts them back.
    /// </param>
    /// <param name="progress">Is told how far it is; null: nobody wants to know.</param>
    /// <param name="cancellationToken">Gives up between two operators.</param>
    public Calibrator(
        Plan graph,
        ParameterStore parameters,
        QuantizationProgress? progress,
        CancellationToken cancellationToken
    )
    {
        (this.graph, this.parameters) = (graph, parameters);
        (this.progress, this.cancellationToken) = (progress, cancellationToken);
        var fused = QuantizableLayers.Fuse(graph);
        layers = [.. QuantizableLayers.Of(fused)];
        groups = new ValueGroups(fused);
    }

    /// <summary>Calibrates all layers that can compute with 8-bit integers.</summary>
    /// <param name="inputs">The calibration inputs, each row-major.</param>
    /// <param name="heldOut">Other inputs, which choose.</param>
    /// <returns>The layers in the order of the network.</returns>
    public IReadOnlyList<CalibratedLayer> Run(IReadOnlyList<float[]> inputs, IReadOnlyList<float[]> heldOut)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        progress?.Invoke("ranges", 0, groups.All.Count());
        Observe(inputs, (group, numbers) => group.Histogram.Widen(numbers));
        var perInput = Observe(inputs, (group, numbers) => group.Histogram.Count(numbers)) / inputs.Count;
        var passes = (4 * groups.All.Count()) + layers.Count;
        var compared = (int)Math.Clamp(2 * (TimeToCompare / passes / perInput), FewestCompared, MostCompared);
        var batch = Batch([.. heldOut.Take(compared)]);
        var exact = ChooseCandidates(batch);
        return Describe(batch, exact);
    }

    // Shows each value of a group to an action, input by input. Returns how long it took.
    private TimeSpan Observe(IReadOnlyList<float[]> inputs, Action<ValueGroup, ReadOnlySpan<float>> observe)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        foreach (var part in inputs.Chunk(AtOnce))
        {
            using var scope = NewDisposeScope();
            using var network = new RoundedNetwork(graph, parameters, Batch(part));
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (groups.Find(network.Last) is not { } group)
                    continue;
                using var ofValue = NewDisposeScope();
                var numbers = TensorMemory.Elements<float>(network[network.Last].contiguous());
                var length = numbers.Length / part.Length;
                for (var input = 0; input < part.Length; input++)
                    observe(group, numbers.Slice(input * length, length));
            } while (network.Advance());
        }

        return System.Diagnostics.Stopwatch.GetElapsedTime(began);
    }

    // Returns the logits without any rounding.
    private float[] ChooseCandidates(Tensor batch)
    {
        using var network = new RoundedNetwork(graph, parameters, batch);
        var exact = network.LogitsWith(static _ => null);
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (groups.Find(network.Last) is not { } group || group.First != network.Last)
                continue;
            var candidates = group.Histogram.Candidates();
            chosen[group] =
                candidates.Count == 1
                    ? candidates[0]
                    : candidates.MinBy(candidate =>
                        Distance(
                            network.LogitsWith(value => group.Values.Contains(value) ? candidate.Format : null),
                            exact
                        )
                    )!;
            progress?.Invoke("ranges", chosen.Count, groups.All.Count());
        } while (network.Advance());

        return exact;
    }

    private List<CalibratedLayer> Describe(Tensor batch, float[] exact)
    {
        var found = new List<CalibratedLayer>();
        using var network = new RoundedNetwork(graph, parameters, batch);
        var waiting = layers.ToLookup(layer => layer.Inputs[0]);
        do
        {
            foreach (var layer in waiting[network.Last])
            {
                cancellationToken.ThrowIfCancellationRequested();
                found.Add(Describe(layer, network, exact));
            }
        } while (network.Advance());

        return [.. found.OrderBy(layer => layer.Operator.Output.Number)];
    }

    // What rounding this layer alone costs: its weight, its input and its result.
    private CalibratedLayer Describe(WeightedOperator layer, RoundedNetwork network, float[] exact)
    {
        var (input, output) = (chosen[groups.Find(layer.Inputs[0])!], chosen[groups.Find(layer.Output)!]);
        var formats = new LayerQuantization(input.Format, output.Format)
        {
            Addend = layer.HasAddend ? chosen[groups.Find(layer.Inputs[1])!].Format : null,
        };
        using var scope = NewDisposeScope();
        var weight = parameters[QuantizableLayers.Name(layer)];
        var original = weight.clone();
        var rounded = Int8Weight.Round(weight);
        float[] logits;
        try
        {
            weight.copy_(rounded.Rounded());
            logits = network.LogitsWith(value =>
                value == layer.Inputs[0] ? input.Format
                : value == layer.Output ? output.Format
                : null
            );
        }
        finally
        {
            weight.copy_(original);
        }

        return new CalibratedLayer(
            layer,
            formats,
            BiasCorrection(layer, network[layer.Inputs[0]], input.Format),
            input.Method,
            output.Method,
            Distance(logits, exact)
        );
    }

    // The mean of what rounding the weight takes from each output channel: Nagel et al. 2019, arXiv:1906.04721.
    private float[] BiasCorrection(WeightedOperator layer, Tensor input, QuantizedFormat format)
    {
        using var scope = NewDisposeScope();
        var folded = new FoldedWeights(parameters.StateDict, ScalarType.Float32).Get(
            new WeightTensor(layer.Weights, IsFloat32: true)
        );
        var lost = folded - Int8Weight.Round(folded).Rounded();
        var x = RoundedNetwork.Round(input, format);
        var difference = layer switch
        {
            ConvolutionOperator { Kernel.Length: 1 } item => nn.functional.conv1d(
                x,
                lost,
                null,
                item.Stride[0],
                item.Padding[0],
                item.Dilation[0],
                item.Groups
            ),
            ConvolutionOperator item => nn.functional.conv2d(
                x,
                lost,
                null,
                item.Stride,
                item.Padding,
                item.Dilation,
                item.Groups
            ),
            _ => nn.functional.linear(x, lost),
        };
        var channels = layer is ConvolutionOperator ? 1 : difference.dim() - 1;
        var others = Enumerable.Range(0, (int)difference.dim()).Select(i => (long)i).Where(i => i != channels);
        return TensorMemory.Elements<float>(difference.mean([.. others]).contiguous()).ToArray();
    }

    // The root of the mean squared difference, as a share of how far the logits are from their mean.
    private static double Distance(float[] logits, float[] exact)
    {
        var mean = TensorPrimitives.Average<float>(exact);
        var spread = exact.Sum(logit => Math.Pow(logit - mean, 2));
        var difference = TensorPrimitives.Distance<float>(logits, exact);
        var distance = difference / Math.Max(Math.Sqrt(spread), 1e-9);
        return double.IsNaN(distance) ? double.PositiveInfinity : distance;
    }

    private Tensor Batch(IReadOnlyList<float[]> inputs)
    {
        var batch = empty([inputs.Count, .. graph.Input.Shape.Sizes], ScalarType.Float32);
        var rest = TensorMemory.Elements<float>(batch);
        foreach (var input in inputs)
        {
            input.CopyTo(rest);
            rest = rest[input.Length..];
        }

        return batch;
    }
}

/// <summary>A layer with the formats that were found for it.</summary>
/// <param name="Operator">The layer, as the plan of integers fuses it.</param>
/// <param name="Formats">Its formats.</param>
/// <param name="BiasCorrection">What is added to its bias, for each output channel.</param>
/// <param name="InputMethod">How the range of its input was found.</param>
/// <param name="OutputMethod">How the range of its result was found.</param>
/// <param name="Error">
/// The error of the logits when only this layer computes with integers, as a share of their spread.
/// </param>
internal sealed record CalibratedLayer(
    WeightedOperator Operator,
    LayerQuantization Formats,
    float[] BiasCorrection,
    string InputMethod,
    string OutputMethod,
    double Error
);
