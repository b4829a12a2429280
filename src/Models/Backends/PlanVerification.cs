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

/// <summary>The result of building a plan and comparing it with its module.</summary>
/// <param name="Plan">The plan, owned by the caller; null when the module has to compute.</param>
/// <param name="Accuracy">How far the plan is from the module; null when no plan could be built.</param>
/// <param name="Reason">Why the module has to compute; null when the plan does.</param>
internal sealed record PlanVerification(CompiledPlan? Plan, PlanAccuracy? Accuracy, string? Reason)
{
    private const double LargestFloat32Difference = 1e-4;

    // A float32 plan is either right or wrong, and few inputs show which. In a lower precision, the agreement is a
    // fraction, which needs more inputs to be estimated.
    private const int InputsInFloat32 = 8;
    private const int InputsInLowerPrecision = 64;

    // One input and several inputs: libtorch and oneDNN choose their kernels by the batch size.
    private static readonly int[] BatchSizes = [1, 3, 4];

    /// <summary>Builds a network's plan and compares it with the module on <see cref="WarmupInputs"/>.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="module">The network's module in float32, on the device; borrowed.</param>
    /// <param name="device">The device that computes.</param>
    /// <param name="precision">The precision of the plan.</param>
    /// <param name="maxBatchSize">Largest number of inputs in one call.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: no plan can be built in that precision, and the module computes in
    /// float32 only.
    /// </exception>
    public static PlanVerification Run(
        ArchitectureAnalysis analysis,
        BlockModule module,
        Device device,
        Precision precision,
        int maxBatchSize
    )
    {
        CompiledPlan? plan = null;
        try
        {
            // oneDNN packs weights for the number of threads of the calling thread.
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
                precision == Precision.Float32 ? InputsInFloat32 : InputsInLowerPrecision,
                maxBatchSize
            );

            // A lower precision was requested by name and is used whatever its accuracy, which the model's description
            // states.
            if (precision != Precision.Float32 || accuracy.MaxDifference <= LargestFloat32Difference)
                return new PlanVerification(plan, accuracy, null);
            plan.Dispose();
            return new PlanVerification(
                null,
                accuracy,
                $"The plan's probabilities differ from the module's by up to {accuracy.MaxDifference:g2}; "
                    + $"the limit is {LargestFloat32Difference}."
            );
        }
        catch (Exception exception)
            when (exception is ExternalException or ArgumentException or InvalidOperationException)
        {
            plan?.Dispose();
            var reason = $"The plan could not be built: {exception.Message.Split('\n')[0]}";
            if (precision == Precision.Float32)
                return new PlanVerification(null, null, reason);
            var detail = $"This network can't be computed in '{WireNames.Get(precision)}'. {reason}";
            throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/precision", detail)]);
        }
    }

    private static PlanAccuracy Measure(
        CompiledPlan plan,
        BlockModule module,
        long[] sizes,
        Device device,
        int inputs,
        int maxBatchSize
    )
    {
        var (ofPlan, ofModule) = (new List<float>(), new List<float>());
        using var inference = inference_mode();
        for (var (done, batchIndex) = (0, 0); done < inputs; batchIndex++)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(Math.Min(BatchSizes[batchIndex % BatchSizes.Length], maxBatchSize), inputs - done);
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
