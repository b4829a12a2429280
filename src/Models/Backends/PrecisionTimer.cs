using System.Runtime.InteropServices;
using ModelService.Models.Backends.Native;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>
/// Chooses the precision in which a network is fastest on this machine, by time: bfloat16 is three times as fast as
/// float32 on one processor, and half as fast on another.
/// </summary>
/// <param name="graph">The network, as its layers emit it.</param>
/// <param name="parameters">Its tensors in float32, on the device; borrowed.</param>
/// <param name="device">The device that computes.</param>
internal sealed class PrecisionTimer(Plan graph, ParameterStore parameters, Device device)
{
    // A precision that is not faster by this much is not worth its rounding.
    private const double LeastGain = 0.97;

    private const int Rounds = 5;
    private const int Batch = 8;

    /// <summary>Chooses. The weights do not matter: they change the answers, and not the time.</summary>
    /// <param name="mixes">Whether single layers may stay in float32.</param>
    /// <param name="maxBatchSize">Most inputs in one call.</param>
    public PrecisionChoice Choose(bool mixes, int maxBatchSize)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var none = new PrecisionChoice(Precision.Float32, [], new Dictionary<string, double>());
        if (Coarser() is not { } precision || TryBuild(precision, []) is not { } built)
            return none;
        using var coarser = built;
        using var exact = PlanVerification.Build(graph, parameters, device, Precision.Float32);
        int[] sizes = [1, Math.Min(Batch, maxBatchSize)];
        var kept = mixes && device.type == DeviceType.CPU ? FindSlowLayers(precision, sizes) : [];
        using var mixed = kept.Count == 0 ? null : TryBuild(precision, kept);
        List<(string Name, IExecutor Executor)> candidates =
        [
            (Name(Precision.Float32), exact),
            (Name(precision), coarser),
        ];
        if (mixed is not null)
            candidates.Add(("mixed", mixed));
        var ms = Time([.. candidates.Select(item => item.Executor)], [.. graph.Input.Shape.Sizes], sizes);
        var times = candidates.Select((item, index) => (item.Name, ms[index])).ToDictionary();
        var isMixed = mixed is not null && ms[2] < ms[1];
        if ((isMixed ? ms[2] : ms[1]) >= LeastGain * ms[0])
            return none with { Ms = times };
        return new PrecisionChoice(precision, isMixed ? kept : [], times);
    }

    private static string Name(Precision precision) => WireNames.Get(precision);

    private Precision? Coarser() =>
        device.type != DeviceType.CPU ? Precision.Float16
        : Precisions.ProcessorHasBFloat16 ? Precision.BFloat16
        : null;

    // Each layer by itself, within a plan of the coarser precision: in float32 it pays for the conversion of its input
    // and of its result, as it would between its neighbours.
    private List<string> FindSlowLayers(Precision precision, int[] sizes)
    {
        var slow = new List<string>();
        foreach (var layer in PlanPasses.Fuse(graph).Operators.OfType<WeightedOperator>())
        {
            using var scope = NewDisposeScope();
            var input = new Value(0, layer.Inputs[0].Shape);
            var alone = layer with { Inputs = [input], Output = new Value(1, layer.Output.Shape) };
            var plan = new Plan(input, [alone], alone.Output);
            using var coarser = TryBuild(precision, [], plan);
            using var kept = TryBuild(precision, [layer.Key], plan);
            if (coarser is null || kept is null)
                continue;
            var ms = Time([coarser, kept], [.. input.Shape.Sizes], sizes);
            if (ms[1] < LeastGain * ms[0])
                slow.Add(layer.Key);
        }

        return slow;
    }

    private IExecutor? TryBuild(Precision precision, IReadOnlyCollection<string> float32Layers, Plan? plan = null)
    {
        IExecutor? built = null;
        try
        {
            plan ??= graph;
            built = PlanVerification.Build(plan, parameters, device, precision, float32Layers: float32Layers);
            using var scope = NewDisposeScope();
            built.Forward(WarmupInputs.Batch([.. plan.Input.Shape.Sizes], 0, 1).to(device)).cpu();
            return built;
        }
        catch (ExternalException exception) when (!NativeErrors.IsOutOfMemory(exception))
        {
            built?.Dispose();
            return null; // there are no kernels for it
        }
    }

    // Milliseconds of an input by each: the mean over the batch sizes of the fastest of several runs.
    private double[] Time(IReadOnlyList<IExecutor> executors, long[] input, int[] sizes)
    {
        using var pool = new IntraBatchPool(NativeRuntime.Threads, "timing");
        var means = new double[executors.Count];
        foreach (var size in sizes)
        {
            using var scope = NewDisposeScope();
            var batch = WarmupInputs.Batch(input, 0, size).to(device);
            var ms = ExecutorTimer.Measure([.. executors.Select(item => (item, batch))], _ => Rounds, pool);
            for (var index = 0; index < means.Length; index++)
                means[index] += ms[index] / size / sizes.Length;
        }

        return means;
    }
}
