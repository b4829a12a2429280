using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using static TorchSharp.torch;

namespace ModelService.Models.Explanation;

/// <summary>
/// Explains the scores of one network for one input at a time. Everything computes in float32 on the calling thread.
/// </summary>
/// <param name="graph">The network, as its layers emit it.</param>
/// <param name="parameters">Its tensors, on the device; borrowed. None requires a gradient.</param>
/// <param name="device">The device that computes.</param>
/// <param name="plans">Finds the plan of a part of the network, which it owns; null where there is none.</param>
internal sealed class Explainer(Plan graph, ParameterStore parameters, Device device, Func<Plan, IExecutor?> plans)
{
    private const string Tap = "tap";

    /// <summary>Explains by a layer's activations and gradients.</summary>
    /// <param name="method">One of the four CAM methods.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="input">The input, row-major.</param>
    /// <param name="choose">Chooses the class by the logits.</param>
    public RawExplanation ByActivations(
        ExplanationMethod method,
        LookedAt layer,
        ReadOnlySpan<float> input,
        Func<float[], int> choose
    )
    {
        var form = layer.Form!;
        using var scope = NewDisposeScope();
        var cut = GraphCut.Before(graph, layer.Value);
        var begin = Front(cut.Front, Batch(input));
        var tail = cut.Tail with { LayerOutputs = new Dictionary<string, Value> { [Tap] = layer.Value } };
        using var executor = new EagerExecutor(tail, parameters);
        var pooled = cut.Value == layer.Value && !form.IsChannelsLast ? PooledHead.Of(tail) : null;
        using var result = executor.Run(begin, EagerMode.Inference, [Tap], gradient: pooled is null);
        var logits = Numbers(result.Output);
        var chosen = choose(logits);
        var gradients =
            pooled?.Gradients(parameters, chosen)
            ?? form.ByChannel(Numbers(Gradient(result.Output, chosen, result.Taps[Tap])));
        var map = ClassActivation.Compute(method, form.ByChannel(Numbers(result.Taps[Tap])), gradients, form.Channels);
        var route = pooled is null ? ExplanationRoute.Gradients : ExplanationRoute.ClosedForm;
        return new RawExplanation(logits, chosen, form.Sizes, map, route);
    }

    /// <summary>Integrated Gradients from a baseline of zeros.</summary>
    /// <param name="input">The input, row-major.</param>
    /// <param name="choose">Chooses the class by the logits.</param>
    /// <param name="steps">Points along the line.</param>
    /// <param name="atOnce">Points in one batch.</param>
    /// <param name="cancellationToken">Gives up between batches.</param>
    public RawExplanation ByIntegration(
        float[] input,
        Func<float[], int> choose,
        int steps,
        int atOnce,
        CancellationToken cancellationToken
    )
    {
        var tapped = graph with { LayerOutputs = new Dictionary<string, Value> { [Tap] = graph.Input } };
        using var executor = new EagerExecutor(tapped, parameters);
        var (logits, atZero) = Ends(executor, input);
        var chosen = choose(logits);
        var sums = new double[input.Length];
        var batch = new float[atOnce * input.Length];
        for (var begin = 0; begin < steps; begin += atOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(atOnce, steps - begin);
            for (var step = 0; step < count; step++)
            {
                var part = (begin + step + 0.5) / steps;
                for (var i = 0; i < input.Length; i++)
                    batch[(step * input.Length) + i] = (float)(part * input[i]);
            }

            using var scope = NewDisposeScope();
            using var result = executor.Run(
                Batch(batch.AsSpan(0, count * input.Length)),
                EagerMode.Inference,
                [Tap],
                gradient: true
            );
            var gradients = Numbers(Gradient(result.Output, chosen, result.Taps[Tap]));
            for (var i = 0; i < gradients.Length; i++)
                sums[i % input.Length] += gradients[i];
        }

        for (var i = 0; i < input.Length; i++)
            sums[i] *= input[i] / (double)steps;
        int[] sizes = [.. graph.Input.Shape.Sizes.Select(size => (int)size)];
        return new RawExplanation(logits, chosen, sizes, sums, ExplanationRoute.Gradients)
        {
            Completeness = new Completeness(sums.Sum(), (double)logits[chosen] - atZero[chosen]),
        };
    }

    /// <summary>Covers a square of the input with zeros, everywhere in turn.</summary>
    /// <param name="input">The input, row-major.</param>
    /// <param name="choose">Chooses the class by the logits.</param>
    /// <param name="windows">The squares.</param>
    /// <param name="atOnce">Squares in one batch.</param>
    /// <param name="cancellationToken">Gives up between batches.</param>
    public RawExplanation ByOcclusion(
        float[] input,
        Func<float[], int> choose,
        OcclusionGrid windows,
        int atOnce,
        CancellationToken cancellationToken
    )
    {
        using var forward = Forward();
        var logits = forward.Run(input, 1);
        var chosen = choose(logits);
        var map = new double[windows.Count];
        var batch = new float[atOnce * input.Length];
        for (var begin = 0; begin < windows.Count; begin += atOnce)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = Math.Min(atOnce, windows.Count - begin);
            for (var i = 0; i < count; i++)
            {
                var part = batch.AsSpan(i * input.Length, input.Length);
                input.CopyTo(part);
                windows.Cover(part, begin + i);
            }

            var covered = forward.Run(batch.AsSpan(0, count * input.Length), count);
            for (var i = 0; i < count; i++)
                map[begin + i] = (double)logits[chosen] - covered[(i * logits.Length) + chosen];
        }

        return new RawExplanation(logits, chosen, windows.Sizes, map, ExplanationRoute.Forward);
    }

    /// <summary>Computes many inputs: by the whole network's plan, if there is one.</summary>
    /// <returns>The caller disposes it, on the same thread.</returns>
    public ForwardPasses Forward() => new(graph, parameters, device, plans(graph));

    /// <summary>A layer's output.</summary>
    /// <param name="value">The output.</param>
    /// <param name="input">The input, row-major.</param>
    public float[] Output(Value value, ReadOnlySpan<float> input)
    {
        using var scope = NewDisposeScope();
        var part = GraphCut.UpTo(graph, value);
        if (part.Operators.Count == 0)
            return input.ToArray();
        using var executor = new EagerExecutor(part, parameters);
        return Numbers(executor.Forward(Batch(input)));
    }

    private Tensor Front(Plan front, Tensor input)
    {
        if (front.Operators.Count == 0)
            return input;
        using var scope = NewDisposeScope();
        Tensor result;
        if (plans(front) is { } plan)
        {
            using var inference = inference_mode();
            result = plan.Forward(input);
        }
        else
        {
            using var executor = new EagerExecutor(front, parameters);
            result = executor.Forward(input);
        }

        return result.clone().MoveToOuterDisposeScope(); // what inference mode made can't require a gradient
    }

    private (float[] Logits, float[] AtZero) Ends(EagerExecutor executor, float[] input)
    {
        using var scope = NewDisposeScope();
        using var result = executor.Run(Batch([.. input, .. new float[input.Length]]), EagerMode.Inference);
        var logits = Numbers(result.Output);
        return (logits[..(logits.Length / 2)], logits[(logits.Length / 2)..]);
    }

    private static Tensor Gradient(Tensor output, int chosen, Tensor with)
    {
        using var scope = NewDisposeScope();
        using var tracking = set_grad_enabled(true);
        var score = output.narrow(1, chosen, 1).sum();
        return autograd.grad([score], [with])[0].MoveToOuterDisposeScope();
    }

    private Tensor Batch(ReadOnlySpan<float> inputs) => ForwardPasses.Batch(inputs, graph.Input, device);

    private static float[] Numbers(Tensor tensor) => ForwardPasses.Numbers(tensor);
}

/// <summary>An explanation as it was computed.</summary>
/// <param name="Logits">The scores of all classes.</param>
/// <param name="Class">The class that is explained.</param>
/// <param name="Sizes">Sizes of the map.</param>
/// <param name="Map">The map, row-major; with its negative numbers.</param>
/// <param name="Route">How it was computed.</param>
internal sealed record RawExplanation(
    float[] Logits,
    int Class,
    IReadOnlyList<int> Sizes,
    double[] Map,
    ExplanationRoute Route
)
{
    /// <summary>Of Integrated Gradients: how complete they are.</summary>
    public Completeness? Completeness { get; init; }
}

/// <summary>Whether attributions sum up to what they explain.</summary>
/// <param name="Sum">The sum of the attributions.</param>
/// <param name="Difference">The class's logit of the input minus that of the baseline.</param>
public sealed record Completeness(double Sum, double Difference)
{
    /// <summary>What is missing; more steps make it smaller.</summary>
    public double Delta => Sum - Difference;
}
