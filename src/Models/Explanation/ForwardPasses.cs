using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Explanation;

/// <summary>Computes many inputs without gradients, on the thread that made it and disposes it.</summary>
/// <param name="graph">The network, as its layers emit it.</param>
/// <param name="parameters">Its tensors, on the device; borrowed.</param>
/// <param name="device">The device that computes.</param>
/// <param name="plan">The network's plan; borrowed. Null: layer by layer.</param>
internal sealed class ForwardPasses(Plan graph, ParameterStore parameters, Device device, IExecutor? plan) : IDisposable
{
    private readonly EagerExecutor? eager = plan is null ? new EagerExecutor(graph, parameters) : null;
    private readonly IntraBatchPool pool = new(NativeRuntime.Threads, "explanation");

    /// <summary>The logits of inputs.</summary>
    /// <param name="inputs">The inputs one after another.</param>
    /// <param name="count">How many.</param>
    public float[] Run(ReadOnlySpan<float> inputs, int count)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var batch = Batch(inputs, graph.Input, device);
        return Numbers(plan is null ? eager!.Forward(batch) : plan.Forward(batch, count > 1 ? pool : null));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        eager?.Dispose();
        pool.Dispose();
    }

    /// <summary>Inputs as a tensor.</summary>
    /// <param name="inputs">The inputs one after another.</param>
    /// <param name="input">The network's input.</param>
    /// <param name="device">The device of the tensor.</param>
    /// <returns>The tensor; the current dispose scope owns it.</returns>
    public static Tensor Batch(ReadOnlySpan<float> inputs, Value input, Device device)
    {
        using var scope = NewDisposeScope();
        var batch = empty([inputs.Length / input.Shape.ElementCount, .. input.Shape.Sizes], ScalarType.Float32, CPU);
        inputs.CopyTo(TensorMemory.Elements<float>(batch));
        return batch.to(device).MoveToOuterDisposeScope();
    }

    /// <summary>The numbers of a tensor, row-major.</summary>
    public static float[] Numbers(Tensor tensor)
    {
        using var host = TensorMemory.OnHost(tensor);
        return TensorMemory.Elements<float>(host).ToArray();
    }
}
