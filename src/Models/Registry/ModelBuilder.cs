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

/// <summary>Builds models, one at a time and beside the web threads: building takes all cores as it is.</summary>
/// <param name="batching">How inputs wait for a model.</param>
/// <param name="compute">How many batches a device computes at once.</param>
/// <param name="weightsLimits">How large a weights file may be.</param>
/// <param name="probe">Asked whether a network can be computed here at all.</param>
/// <param name="store">Where built models are kept.</param>
/// <param name="clock">Says when a model was built.</param>
/// <param name="metrics">Told what the models do.</param>
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
    // By device; the models on one share it.
    private readonly ConcurrentDictionary<string, DeviceScheduler> turns = [];

    private readonly TaskScheduler scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    /// <summary>Builds a version with random weights.</summary>
    internal Task<BuiltModel> BuildAsync(ModelVersion version, CancellationToken cancellationToken) =>
        WarmAsync(RunAsync(() => Build(version, LoadedWeights.None(version.Resolved.Analysis)), cancellationToken));

    /// <summary>Builds a version with the weights of a file.</summary>
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

    /// <summary>Builds a version with every tensor of another one that fits.</summary>
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

    /// <summary>Builds a version from what is kept of it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>: its weights are not those that were written.</exception>
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

    /// <summary>Keeps a version on the disk.</summary>
    /// <returns>Its files, by name.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    internal Task<IReadOnlyDictionary<string, StoredFile>> KeepAsync(
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

    /// <summary>Compares a weights file with a model's network. Nothing is built.</summary>
    /// <param name="resolved">The model.</param>
    /// <param name="upload">The file, read but not kept.</param>
    /// <param name="cancellationToken">Fires when the caller leaves.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>.</exception>
    public Task<WeightsReport> CheckAsync(
        ResolvedModel resolved,
        WeightsUpload upload,
        CancellationToken cancellationToken
    ) =>
        RunAsync(
            () =>
            {
                using var file = WeightsFile.Open(upload.Path, weightsLimits.Value);
                return LoadedWeights.From(resolved.Analysis, file, upload.Sha256).Report!;
            },
            cancellationToken
        );

    private BuiltModel Build(ModelVersion version, LoadedWeights weights, IReadOnlyList<TensorPair>? pairs = null)
    {
        var definition = version.Resolved.Definition;
        var device = ComputeDevice.Find(definition.Device ?? "auto");
        var probed = probe.Probe(version.Resolved, device.ToString(), version.MemoryBytes);
        var model = new CompiledModel(
            version.Resolved.Analysis,
            definition.Seed,
            pairs ?? weights.Report?.Pairs ?? [],
            device,
            definition.Precision,
            probed.Failure
        );
        var worker = new InferenceWorker(
            model,
            version.Name,
            version.Version,
            batching.Value,
            turns.GetOrAdd(device.ToString(), _ => new DeviceScheduler(compute.Value.Instances)),
            metrics
        );

        // The pairs are of no use once the file is closed, nor are suggestions for what was taken.
        var report = weights.Report is null ? null : weights.Report with { Pairs = [], Suggestions = [] };
        return new BuiltModel(
            worker,
            model.Execution,
            weights with
            {
                Report = report,
            },
            Samples: null,
            clock.GetUtcNow()
        );
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
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, scheduler);
}
