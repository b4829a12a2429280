using System.Runtime.InteropServices;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>
/// A network in memory, ready to compute: by its plan, or by the eager executor where there is no plan. It owns its
/// tensors; its creator disposes it after the last run. Several threads may run it at once; each run has its own
/// activations.
/// </summary>
internal sealed class CompiledModel : IDisposable
{
    // Limit on the largest activation of one native call. Larger batches run in parts, so that memory stays bounded.
    private const long ActivationBytesAtOnce = 256L << 20;

    private readonly ParameterStore parameters; // on the CPU, until they are stored
    private readonly ParameterStore? ofExecutor; // what an eager executor computes with
    private readonly IExecutor executor;
    private readonly Device device;
    private readonly long[] inputSizes;

    /// <summary>Builds a network.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Seed of the random weights; null: different weights each time.</param>
    /// <param name="weights">
    /// Tensors to copy in, borrowed until this returns; the network's other tensors stay random.
    /// </param>
    /// <param name="device">The device that computes.</param>
    /// <param name="precision">The precision of the computation; inputs and scores are float32 in any case.</param>
    /// <param name="fallbackReason">
    /// Why the eager executor has to compute; null: the plan computes, unless it can't be built or is wrong in
    /// float32.
    /// </param>
    /// <param name="verified">
    /// The result of comparing the plan of the same network with the same tensors on this machine; null when there is
    /// none.
    /// </param>
    /// <param name="quantization">In <c>int8</c>: the layers that compute with integers.</param>
    /// <param name="kept">
    /// Tensors for <see cref="StateDict"/> that the network does not compute with; borrowed like <paramref
    /// name="weights"/>. Null: none.
    /// </param>
    /// <param name="timed">
    /// What was chosen by time for <see cref="Precision.Auto"/> or <see cref="Precision.Fastest"/>; null: it is timed
    /// here, unless <paramref name="verified"/> has it.
    /// </param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: the network can't be computed in that precision here.
    /// </exception>
    public CompiledModel(
        ArchitectureAnalysis analysis,
        long? seed,
        IReadOnlyList<TensorPair> weights,
        Device device,
        Precision precision = Precision.Float32,
        string? fallbackReason = null,
        VerifiedPlan? verified = null,
        Quantization? quantization = null,
        IReadOnlyList<TensorPair>? kept = null,
        PrecisionChoice? timed = null
    )
    {
        Precisions.Require(precision, device);
        this.device = device;
        inputSizes = [.. analysis.Input.Sizes];
        OutputCount = (int)analysis.Output.ElementCount;
        MaxBatchSize = MaxBatchSizeOf(analysis);
        kept ??= [];
        parameters = ParameterStore.Create(
            [.. analysis.StateDict, .. kept.Select(pair => pair.Expected)],
            seed,
            [.. weights, .. kept]
        );
        ParameterStore? onDevice = null;
        try
        {
            var graph = analysis.ToPlan();
            onDevice =
                device.type == DeviceType.CPU ? ParameterStore.Share(parameters.StateDict) : parameters.CopyTo(device);
            var verification = fallbackReason is null
                ? Verify(graph, onDevice)
                : new PlanVerification(null, null, fallbackReason);
            executor = verification.Plan ?? new EagerExecutor(graph, onDevice);
            Verified = verification.Verified;
            Execution = new ExecutionInfo(
                device.ToString(),
                verification.Plan is null ? Backend.Module : Backend.Plan,
                verification.Reason,
                verification.Accuracy,
                verification.Verified?.Choice
            );

            // A plan has packed weights of its own.
            if (verification.Plan is null)
                (ofExecutor, onDevice) = (onDevice, null);
        }
        catch
        {
            FreeStateDict();
            throw;
        }
        finally
        {
            onDevice?.Dispose();
            NativeTuning.ReleaseThreads();
        }

        PlanVerification Verify(Plan graph, ParameterStore onDevice)
        {
            if (precision is not (Precision.Auto or Precision.Fastest))
                return PlanVerification.Run(graph, onDevice, device, precision, MaxBatchSize, verified, quantization);
            var choice =
                verified?.Choice
                ?? timed
                ?? new PrecisionTimer(graph, onDevice, device).Choose(precision == Precision.Fastest, MaxBatchSize);
            var isTrained = weights.Count > 0;
            return PlanVerification.RunChosen(graph, onDevice, device, choice, MaxBatchSize, isTrained, verified);
        }
    }

    /// <summary>
    /// Largest number of inputs of a network that one native call computes, so that memory stays bounded.
    /// </summary>
    /// <param name="analysis">A network without an error.</param>
    public static int MaxBatchSizeOf(ArchitectureAnalysis analysis)
    {
        var largest = analysis.AllLayers.Max(node =>
            Math.Max(Math.Max(node.Input.ElementCount, node.Output.ElementCount) * sizeof(float), node.ScratchBytes)
        );
        return (int)Math.Clamp(ActivationBytesAtOnce / largest, 1, int.MaxValue);
    }

    /// <summary>Where and how the model computes.</summary>
    public ExecutionInfo Execution { get; }

    /// <summary>The result of comparing the plan, to be kept; null when the eager executor computes.</summary>
    public VerifiedPlan? Verified { get; }

    /// <summary>Scores per input.</summary>
    public int OutputCount { get; }

    /// <summary>
    /// The tensors of the state dict by name, float32, on the CPU; borrowed, valid until <see cref="FreeStateDict"/>.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => parameters.StateDict;

    /// <summary>Largest number of inputs that one native call computes, so that memory stays bounded.</summary>
    public int MaxBatchSize { get; }

    /// <summary>Numbers per input.</summary>
    public int InputCount => (int)inputSizes.Aggregate((count, size) => count * size);

    /// <summary>Computes the scores of a batch.</summary>
    /// <param name="batch">Inputs one after another, each row-major: <c>[N, ...input]</c>, float32.</param>
    /// <param name="count">N.</param>
    /// <returns>N times <see cref="OutputCount"/> scores (logits), float32.</returns>
    public float[] Run(ReadOnlyMemory<float> batch, int count)
    {
        var scores = new float[count * OutputCount];
        for (var first = 0; first < count; first += MaxBatchSize)
        {
            var part = Math.Min(MaxBatchSize, count - first);
            Run([batch.Slice(first * InputCount, part * InputCount)], part).CopyTo(scores.AsSpan(first * OutputCount));
        }

        return scores;
    }

    /// <summary>Computes the scores of a batch that is given in several pieces.</summary>
    /// <param name="pieces">One or more inputs each, as in <see cref="Run(ReadOnlyMemory{float}, int)"/>.</param>
    /// <param name="count">Number of inputs in all pieces, at most <see cref="MaxBatchSize"/>.</param>
    /// <param name="pool">Computes parts of the batch side by side where that is faster; null: never.</param>
    /// <returns>The scores of all inputs, in order.</returns>
    public float[] Run(IReadOnlyList<ReadOnlyMemory<float>> pieces, int count, IntraBatchPool? pool = null)
    {
        // The dispose scope and the inference mode belong to the thread: nothing here may await.
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var input = empty([count, .. inputSizes], ScalarType.Float32, CPU);
        if (device.type == DeviceType.CUDA)
            input = input.pin_memory();
        var rest = MemoryMarshal.Cast<byte, float>(input.bytes);
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(rest);
            rest = rest[piece.Length..];
        }

        var moved = input.to(device, non_blocking: true);
        var output = executor.Forward(moved, pool).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(output.bytes).ToArray();
    }

    /// <summary>
    /// Frees <see cref="StateDict"/>: it is stored, and what computes has weights of its own. What building the network
    /// took goes back to the system as well.
    /// </summary>
    public void FreeStateDict() => NativeTuning.ReturnMemoryOf(parameters.Dispose);

    /// <inheritdoc/>
    public void Dispose() =>
        NativeTuning.ReturnMemoryOf(() =>
        {
            executor.Dispose();
            ofExecutor?.Dispose();
            parameters.Dispose();
        });
}
