using System.Runtime.InteropServices;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Managed;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>A plan that was built and compared with the eager executor.</summary>
/// <param name="Plan">Computes the plan; owned by the caller. Null when the eager executor has to serve.</param>
/// <param name="Accuracy">The plan's distance from the eager executor; null when the plan could not be built.</param>
/// <param name="Reason">Why the eager executor has to serve.</param>
internal sealed record PlanVerification(IExecutor? Plan, PlanAccuracy? Accuracy, string? Reason)
{
    /// <summary>The result to keep for the next time; null when the eager executor has to serve.</summary>
    public VerifiedPlan? Verified { get; private init; }

    private const double LargestFloat32Difference = 1e-4;

    // A float32 plan is right or wrong, which few inputs tell; agreement in a coarser format is a share, which takes
    // more.
    private const int InputsInFloat32 = 8;
    private const int InputsOtherwise = 64;

    // How far the answers of a precision chosen by time may be off: as far as calibration lets int8 go where nothing
    // else is asked for.
    private const double MostChange = 0.25;
    private const double LeastAgreement = 0.97;

    // One input and several: libtorch and oneDNN choose other kernels for them.
    private static readonly int[] BatchSizes = [1, 3, 4];

    /// <summary>
    /// Builds a network's plan and compares it with the eager executor on the warm-up inputs. If the same plan was
    /// compared before and computes the same scores again, it is not compared again.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">Its tensors in float32, on the device; borrowed.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="precision">The precision of the plan.</param>
    /// <param name="maxBatchSize">Most inputs in one call.</param>
    /// <param name="quantization">The layers that compute with 8-bit integers; null: none.</param>
    /// <param name="verified">
    /// The result for the same network, tensors, precision, program and machine; null when there is none.
    /// </param>
    /// <param name="float32Layers">The keys of layers that compute in float32 all the same; null: none.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: no plan can be built in that precision, and the eager executor
    /// computes in float32 only.
    /// </exception>
    public static PlanVerification Run(
        Plan graph,
        ParameterStore parameters,
        Device device,
        Precision precision,
        int maxBatchSize,
        VerifiedPlan? verified = null,
        Quantization? quantization = null,
        IReadOnlyCollection<string>? float32Layers = null
    )
    {
        long[] sizes = [.. graph.Input.Shape.Sizes];
        IExecutor? plan = null;
        try
        {
            NativeRuntime.PrepareThread();
            plan = Build(graph, parameters, device, precision, quantization, float32Layers);
            var scores = FirstScores(plan, sizes, device);
            if (verified is not null && verified.IsReproducedBy(scores, LargestFloat32Difference))
                return new PlanVerification(plan, verified.Accuracy, null) { Verified = verified };
            using var reference = new EagerExecutor(graph, parameters);
            var accuracy = Measure(
                plan,
                reference,
                sizes,
                device,
                precision == Precision.Float32 ? InputsInFloat32 : InputsOtherwise,
                maxBatchSize
            );

            // Another precision was asked for by name and is used as it is; its distance is in the model's record.
            if (precision != Precision.Float32 || accuracy.MaxDifference <= LargestFloat32Difference)
                return new PlanVerification(plan, accuracy, null) { Verified = new VerifiedPlan(accuracy, scores) };

            plan.Dispose();
            return new PlanVerification(
                null,
                accuracy,
                $"The plan's probabilities differ by up to {accuracy.MaxDifference:g2} from those of the network "
                    + $"computed layer by layer; at most {LargestFloat32Difference} is accepted."
            );
        }
        catch (Exception exception)
            when (exception is ExternalException or ArgumentException or InvalidOperationException)
        {
            plan?.Dispose();
            if (NativeErrors.IsOutOfMemory(exception))
                throw;
            var reason = $"The plan could not be built: {exception.Message.Split('\n')[0]}";
            if (precision == Precision.Float32)
                return new PlanVerification(null, null, reason);
            var detail = $"This network can't be computed in '{WireNames.Get(precision)}'. {reason}";
            throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/precision", detail)]);
        }
    }

    /// <summary>
    /// Builds a network's plan in the precision that was chosen by time, as <see cref="Run"/> does; in float32 if the
    /// answers would differ too much.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">Its tensors in float32, on the device; borrowed.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="choice">What was chosen by time.</param>
    /// <param name="maxBatchSize">Most inputs in one call.</param>
    /// <param name="isTrained">Whether the weights are not random, so that the answers are worth keeping.</param>
    /// <param name="verified">The result for the same network, tensors and machine; null when there is none.</param>
    public static PlanVerification RunChosen(
        Plan graph,
        ParameterStore parameters,
        Device device,
        PrecisionChoice choice,
        int maxBatchSize,
        bool isTrained,
        VerifiedPlan? verified = null
    )
    {
        var verification = Of(choice);
        if (isTrained && choice.Precision != Precision.Float32 && !IsExactEnough(verification.Accuracy!))
        {
            verification.Plan!.Dispose();
            choice = choice with { Precision = Precision.Float32, Float32Layers = [], TooInexact = choice.Precision };
            verification = Of(choice);
        }

        return verification with
        {
            Verified = verification.Verified is { } kept ? kept with { Choice = choice } : null,
        };

        PlanVerification Of(PrecisionChoice chosen) =>
            Run(
                graph,
                parameters,
                device,
                chosen.Precision,
                maxBatchSize,
                verified,
                float32Layers: chosen.Float32Layers
            );
    }

    private static bool IsExactEnough(PlanAccuracy accuracy) =>
        accuracy.MaxDifference <= MostChange && accuracy.Top1Agreement >= LeastAgreement;

    /// <summary>
    /// Builds the fastest executor that supports a network. Its weights are packed for the number of threads that the
    /// calling thread computes with.
    /// </summary>
    /// <param name="graph">The network, as its layers emit it.</param>
    /// <param name="parameters">Its tensors in float32, on the device; borrowed until this returns.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="precision">The number format that it computes in.</param>
    /// <param name="quantization">The layers that compute with 8-bit integers; null: none.</param>
    /// <param name="float32Layers">The keys of layers that compute in float32 all the same; null: none.</param>
    /// <returns>The executor; the caller owns it.</returns>
    internal static IExecutor Build(
        Plan graph,
        ParameterStore parameters,
        Device device,
        Precision precision,
        Quantization? quantization = null,
        IReadOnlyCollection<string>? float32Layers = null
    )
    {
        var onCpu = device.type == TorchSharp.DeviceType.CPU;
        if (
            onCpu
            && precision == Precision.Float32
            && quantization is null
            && PlanPasses.ForManaged(graph) is var small
            && ManagedExecutor.Supports(small)
        )
        {
            return new ManagedExecutor(small, parameters);
        }

        var target = new PlanTarget(precision, onCpu) { Quantization = quantization, Float32Layers = float32Layers };
        var plan = PlanPasses.Compile(graph, target);
        return new TorchScriptExecutor(plan, parameters, precision, device, quantization);
    }

    /// <summary>Compares two executors of one network on the warm-up inputs.</summary>
    /// <param name="executor">The one that is checked; borrowed.</param>
    /// <param name="reference">The reference; borrowed.</param>
    /// <param name="sizes">Sizes of one input.</param>
    /// <param name="device">The device that both compute on.</param>
    /// <param name="inputs">How many inputs.</param>
    /// <param name="maxBatchSize">Most inputs in one call.</param>
    internal static PlanAccuracy Measure(
        IExecutor executor,
        IExecutor reference,
        long[] sizes,
        Device device,
        int inputs,
        int maxBatchSize
    )
    {
        var (scores, expected) = (new List<float>(), new List<float>());
        using var inference = inference_mode();
        for (var (done, batches) = (0, 0); done < inputs; batches++)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Math.Min(BatchSizes[batches % BatchSizes.Length], maxBatchSize), inputs - done);
            var batch = WarmupInputs.Batch(sizes, done, count).to(device);
            scores.AddRange(Scores(executor.Forward(batch)));
            expected.AddRange(Scores(reference.Forward(batch)));
            done += count;
        }

        return PlanAccuracy.Compare(CollectionsMarshal.AsSpan(scores), CollectionsMarshal.AsSpan(expected), inputs);
    }

    private static float[] FirstScores(IExecutor plan, long[] sizes, Device device)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        return Scores(plan.Forward(WarmupInputs.Batch(sizes, 0, 1).to(device))).ToArray();
    }

    private static ReadOnlySpan<float> Scores(Tensor output) =>
        MemoryMarshal.Cast<byte, float>(output.cpu().contiguous().bytes);
}
