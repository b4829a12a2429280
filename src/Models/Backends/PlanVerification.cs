using System.Runtime.InteropServices;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>A plan that was built and compared with its module.</summary>
/// <param name="Plan">The plan, owned by the caller; null when the module has to serve.</param>
/// <param name="Accuracy">How far it is from the module; null when it could not be built.</param>
/// <param name="Reason">Why the module has to serve.</param>
internal sealed record PlanVerification(CompiledPlan? Plan, PlanAccuracy? Accuracy, string? Reason)
{
    private const double LargestFloat32Difference = 1e-4;

    // A float32 plan is right or wrong, which few inputs tell; agreement in a coarser format is a share, which takes more.
    private const int InputsInFloat32 = 8;
    private const int InputsOtherwise = 64;

    // Of one and of several: libtorch and oneDNN choose their kernels by it.
    private static readonly int[] BatchSizes = [1, 3, 4];

    /// <summary>Builds a network's plan and compares it with the module on inputs of the warm-up.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="module">Its module in float32, on the device; borrowed.</param>
    /// <param name="device">Where it computes.</param>
    /// <param name="precision">What the plan computes in.</param>
    /// <param name="atOnce">Most inputs in one call.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: no plan can be built in that precision, and the module computes in float32 only.
    /// </exception>
    public static PlanVerification Run(
        ArchitectureAnalysis analysis,
        BlockModule module,
        Device device,
        Precision precision,
        int atOnce
    )
    {
        CompiledPlan? plan = null;
        try
        {
            // Weights are packed for so many threads.
            NativeRuntime.PrepareThread();
            plan = new CompiledPlan(
                PlanPasses.Compile(analysis.ToPlan(), precision, forCpu: device.type == DeviceType.CPU),
                module,
                precision,
                device
            );
            var accuracy = Measure(
                plan,
                module,
                [.. analysis.Input.Sizes],
                device,
                precision == Precision.Float32 ? InputsInFloat32 : InputsOtherwise,
                atOnce
            );

            // Another precision was asked for by name and is used as it is; its distance is in the model's record for all to see.
            if (precision != Precision.Float32 || accuracy.MaxDifference <= LargestFloat32Difference)
                return new PlanVerification(plan, accuracy, null);
            plan.Dispose();
            return new PlanVerification(
                null,
                accuracy,
                $"The plan's probabilities differ from the module's by up to {accuracy.MaxDifference:g2}; at most {LargestFloat32Difference} is taken."
            );
        }
        catch (Exception exception)
            when (exception is ExternalException or ArgumentException or InvalidOperationException)
        {
            plan?.Dispose();
            var reason = $"The plan could not be built: {exception.Message.Split('\n')[0]}";
            if (precision == Precision.Float32)
                return new PlanVerification(null, null, reason);
            var detail = $"This network can't be computed in '{WireNames.Of(precision)}'. {reason}";
            throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/precision", detail)]);
        }
    }

    private static PlanAccuracy Measure(
        CompiledPlan plan,
        BlockModule module,
        long[] sizes,
        Device device,
        int inputs,
        int atOnce
    )
    {
        var (ofPlan, ofModule) = (new List<float>(), new List<float>());
        using var inference = inference_mode();
        for (var (done, turn) = (0, 0); done < inputs; turn++)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Math.Min(BatchSizes[turn % BatchSizes.Length], atOnce), inputs - done);
            var batch = WarmupInputs.Batch(sizes, done, count).to(device);
            ofPlan.AddRange(Scores(plan.Forward(batch)));
            ofModule.AddRange(Scores(module.call(batch)));
            done += count;
        }

        return PlanAccuracy.Compare(CollectionsMarshal.AsSpan(ofPlan), CollectionsMarshal.AsSpan(ofModule), inputs);
    }

    private static ReadOnlySpan<float> Scores(Tensor output) =>
        MemoryMarshal.Cast<byte, float>(output.cpu().contiguous().bytes);
}
