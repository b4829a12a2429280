using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// Builds, loads and stores versions, one at a time and not on web threads. Not two at once, because building one
/// already uses all cores.
/// </summary>
/// <param name="batching">The limits of queues and batches.</param>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="weightsLimits">The limits of a weights file.</param>
/// <param name="probe">Finds out how a network can compute on this machine.</param>
/// <param name="store">Stores versions on the disk.</param>
/// <param name="clock">The time when a version is built.</param>
/// <param name="metrics">The metrics of the workers.</param>
public sealed class ModelBuilder(
    IOptions<BatchingOptions> batching,
    IOptions<ComputeOptions> compute,
    IOptions<WeightsLimits> weightsLimits,
    PlanProbe probe,
    ModelStore store,
    TimeProvider clock,
    ServingMetrics metrics
)
{
    // By device; shared by the models on it.
    private readonly ConcurrentDictionary<string, DeviceScheduler> deviceSchedulers = [];

    // Runs one task at a time.
    private readonly TaskScheduler exclusive = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    /// <summary>Builds a version with random weights.</summary>
    internal Task<BuiltModel> BuildAsync(ModelVersion version, CancellationToken cancellationToken) =>
        WarmAsync(RunAsync(() => Build(version, LoadedWeights.None(version.Resolved.Analysis)), cancellationToken));

    /// <summary>Builds a version with the weights from a file.</summary>
    internal Task<BuiltModel> BuildAsync(
        ModelVersion version,
        WeightsUpload upload,
        bool allowPartial,
        CancellationToken cancellationToken
    ) =>
        WarmAsync(
            RunAsync(
                () =>
                {
                    using var file = WeightsFile.Open(upload.Path, weightsLimits.Value);
                    var weights = LoadedWeights.From(version.Resolved.Analysis, file, upload.Sha256);
                    weights.Report!.ThrowIfMismatched(allowPartial);
                    return Build(version, weights);
                },
                cancellationToken
            )
        );

    /// <summary>Builds a version with the tensors of another version that fit; the rest is random.</summary>
    internal Task<BuiltModel> BuildAsync(
        ModelVersion version,
        ModelLease source,
        CancellationToken cancellationToken
    ) =>
        WarmAsync(
            RunAsync(
                () =>
                {
                    using var tensors = new LiveTensors(source.Worker.StateDict);
                    return Build(
                        version,
                        LoadedWeights.From(version.Resolved.Analysis, tensors.Tensors, source.Model.RandomTensors)
                    );
                },
                cancellationToken
            )
        );

    /// <summary>Builds a version with its weights from the disk.</summary>
    /// <param name="version">The version.</param>
    /// <param name="expected">The size and hash that its weights file was written with.</param>
    /// <param name="cancellationToken">Gives up a build that has not begun.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.WeightsUnreadable"/>: the file is not the one that was written.
    /// </exception>
    internal Task<BuiltModel> LoadAsync(
        ModelVersion version,
        StoredFile expected,
        CancellationToken cancellationToken
    ) =>
        WarmAsync(
            RunAsync(
                () =>
                {
                    var path = store.WeightsPath(version.Name, version.Version);
                    if (StoredVersionReader.CheckFile(path, expected) is { } damage)
                        throw new ServingException(ErrorCode.WeightsUnreadable, damage);
                    using var file = WeightsFile.Open(path, weightsLimits.Value);
                    var match = StateDictMatch.Compare(
                        version.Resolved.Analysis.StateDict,
                        file.Tensors,
                        version.Resolved.Analysis.Head?.Key
                    );
                    match.ThrowIfMismatched();
                    return Build(
                        version,
                        new LoadedWeights(version.Report, version.RandomTensors, version.Weights, version.Head),
                        match.Pairs
                    );
                },
                cancellationToken
            )
        );

    /// <summary>Stores a version on the disk.</summary>
    /// <param name="version">The version.</param>
    /// <param name="built">Its network.</param>
    /// <param name="samples">Its golden samples; null or empty when it has none.</param>
    /// <param name="replaces">Whether it replaces the stored version of the same number.</param>
    /// <param name="cancellationToken">Gives up when writing has not begun.</param>
    /// <returns>Its files, by name.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    internal Task<IReadOnlyDictionary<string, StoredFile>> StoreAsync(
        ModelVersion version,
        BuiltModel built,
        IReadOnlyList<SampleDefinition>? samples,
        bool replaces,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            () =>
            {
                var manifest = new VersionManifest
                {
                    Schema = built.Samples is null
                        ? VersionManifest.SchemaWithoutSamples
                        : VersionManifest.CurrentSchema,
                    Name = version.Name,
                    Version = version.Version,
                    Created = version.Created,
                    Lineage = version.Lineage!,
                    Weights = built.Weights.State,
                    RandomTensors = built.Weights.RandomTensors,
                    Head = built.Weights.Head,
                    Report = built.Weights.Report,
                    Samples = built.Samples,
                    Files = new Dictionary<string, StoredFile>(),
                };
                var content = new SafetensorsContent(
                    version.Resolved.Analysis.StateDict,
                    built.Worker.StateDict,
                    new Dictionary<string, string> { ["format"] = "pt" }
                );
                return store.Write(manifest, version.Resolved, content.Parts(), samples, replaces);
            },
            cancellationToken
        );

    /// <summary>Compares a weights file with a model's network, without building it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="upload">The file; borrowed.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>.</exception>
    public Task<WeightsReport> CheckAsync(
        ResolvedModel model,
        WeightsUpload upload,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            () =>
            {
                using var file = WeightsFile.Open(upload.Path, weightsLimits.Value);
                return LoadedWeights.From(model.Analysis, file, upload.Sha256).Report!;
            },
            cancellationToken
        );

    private BuiltModel Build(ModelVersion version, LoadedWeights weights, IReadOnlyList<TensorPair>? pairs = null)
    {
        var definition = version.Resolved.Definition;
        var device = ComputeDevice.Find(definition.Device ?? "auto");
        var probed = probe.Probe(version.Resolved, device.ToString(), version.MemoryBytes);
        var compiled = new CompiledModel(
            version.Resolved.Analysis,
            definition.Seed,
            pairs ?? weights.Report?.Pairs ?? [],
            device,
            definition.Precision,
            probed.Failure
        );
        var worker = new InferenceWorker(
            compiled,
            version.Name,
            version.Version,
            batching.Value,
            deviceSchedulers.GetOrAdd(device.ToString(), _ => new DeviceScheduler(compute.Value.Instances)),
            metrics
        );

        // Pairs refer to the weights file, which is closed now, and suggestions are for a file that is refused.
        var report = weights.Report is null ? null : weights.Report with { Pairs = [], Suggestions = [] };
        weights = weights with { Report = report };
        return new BuiltModel(worker, compiled.Execution, weights, Samples: null, clock.GetUtcNow());
    }

    private static async Task<BuiltModel> WarmAsync(Task<BuiltModel> building)
    {
        var built = await building;
        try
        {
            await built.Worker.Warm;
            return built;
        }
        catch
        {
            built.Worker.Dispose();
            throw;
        }
    }

    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, exclusive);
}
