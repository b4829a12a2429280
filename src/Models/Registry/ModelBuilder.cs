using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Registry;

/// <summary>
/// Builds versions in lanes: their weights are read in one, networks are probed in another, and each device has one in
/// which plans are built. So a load waits for other builds, but not for a probe or for the disk.
/// </summary>
/// <param name="batching">The limits of queues and batches.</param>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="weights">Opens the sources of weights.</param>
/// <param name="probe">Finds out how a network can compute on this machine.</param>
/// <param name="check">Computes golden samples.</param>
/// <param name="verifications">The results of comparing plans.</param>
/// <param name="clock">The time when a version is built.</param>
internal sealed class ModelBuilder(
    IOptions<BatchingOptions> batching,
    IOptions<ComputeOptions> compute,
    WeightsOpener weights,
    PlanProbe probe,
    SampleCheck check,
    StoredVerifications verifications,
    TimeProvider clock
) : IModelBuilder, IDisposable
{
    // Plans that are built at once on a device. Building one has phases on one core and phases on all of them.
    private static readonly int Width = Math.Clamp(Environment.ProcessorCount / 2, 2, 8);

    private readonly ConcurrentDictionary<string, DeviceWork> devices = [];

    /// <inheritdoc/>
    public Task CheckSamplesAsync(ResolvedModel model, CancellationToken cancellationToken) =>
        check.ThrowIfUnreadableAsync(model, cancellationToken);

    /// <inheritdoc/>
    public async Task<BuiltModel> BuildAsync(
        ModelVersion version,
        WeightsSource source,
        IReadOnlyList<SampleDefinition> samples,
        CancellationToken cancellationToken
    )
    {
        var device = ComputeDevice.Find(version.Resolved.Definition.Device).ToString();
        using var opened = await weights.OpenAsync(version, source, cancellationToken);
        var probed = await probe.ProbeAsync(version.Resolved, device, version.BuildBytes, cancellationToken);
        var stored = source is StoredWeights ? version.Current.WeightsFile : null;
        var known = stored is null ? null : await verifications.FindAsync(version, stored);
        var work = devices.GetOrAdd(device, _ => new DeviceWork(compute.Value.Instances));
        BuiltModel? built = null;
        try
        {
            built = await work.Lane.RunAsync(
                () => Build(version, opened, stored is not null, probed, known, work.Scheduler),
                cancellationToken
            );
            await built.Worker.Warm;
            if (stored is not null && built.Verified != known)
                await KeepVerificationAsync(version, built, stored);
            return built with
            {
                Samples = await check.RunAsync(version.Resolved, built.Worker, samples, version.Metrics),
            };
        }
        catch (Exception exception)
        {
            if (built is not null)
                await Task.Run(built.Dispose, CancellationToken.None);
            if (exception is ServingException || !NativeErrors.IsOutOfMemory(exception))
                throw;
            throw new ServingException(
                ErrorCode.OutOfMemory,
                $"There is not enough memory on {device} to load version {version.Version} of '{version.Name}'. "
                    + "Unload a model, or try again in a moment.",
                exception
            );
        }
    }

    /// <inheritdoc/>
    public Task KeepVerificationAsync(ModelVersion version, BuiltModel built, StoredFile weights) =>
        built.Verified is { } verified ? verifications.KeepAsync(version, weights, verified) : Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var work in devices.Values)
            work.Lane.Dispose();
    }

    private BuiltModel Build(
        ModelVersion version,
        OpenedWeights opened,
        bool isStored,
        ProbeResult probed,
        VerifiedPlan? known,
        DeviceScheduler scheduler
    )
    {
        var definition = version.Resolved.Definition;
        var compiled = new CompiledModel(
            version.Resolved.Analysis,
            definition.Seed,
            opened.Pairs,
            ComputeDevice.Find(definition.Device),
            definition.Precision,
            probed.Failure,
            known,
            version.Resolved.Quantization,
            opened.Kept,
            probed.Choice
        );
        if (isStored)
            compiled.FreeStateDict();
        else
            RequireFinite(compiled);
        var worker = new InferenceWorker(
            compiled,
            version.Name,
            version.Version,
            batching.Value,
            scheduler,
            version.Metrics
        );
        return new BuiltModel(
            worker,
            compiled.Execution,
            opened.Weights,
            Samples: null,
            clock.GetUtcNow(),
            compiled.Verified
        );
    }

    private static void RequireFinite(CompiledModel compiled)
    {
        try
        {
            foreach (var (name, tensor) in compiled.StateDict)
            {
                if (tensor.dtype == ScalarType.Float32)
                    FiniteWeights.Require(name, TensorMemory.Elements<float>(tensor));
            }
        }
        catch
        {
            compiled.Dispose();
            throw;
        }
    }

    // Of one device: the lane that builds plans for it, and the scheduler that the versions on it share.
    private sealed class DeviceWork(int instances)
    {
        public Lane Lane { get; } = new(Width);

        public DeviceScheduler Scheduler { get; } = new(instances);
    }
}
