using Microsoft.Extensions.Options;
using ModelService.Models.Definitions;
using ModelService.Models.Runtime;
using ModelService.Models.Serving;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>Builds models, one at a time and beside the web threads: building takes all cores as it is.</summary>
/// <param name="batching">How many inputs may wait for a model.</param>
/// <param name="weightsLimits">How large a weights file may be.</param>
/// <param name="clock">Says when a model became ready.</param>
public sealed class ModelBuilder(IOptions<BatchingOptions> batching, IOptions<WeightsLimits> weightsLimits, TimeProvider clock)
{
    private readonly TaskScheduler scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;

    /// <summary>Builds a model with random weights.</summary>
    internal Task<ModelEntry> BuildAsync(ModelBlueprint blueprint, CancellationToken cancellationToken) =>
        RunAsync(() => Build(blueprint, LoadedWeights.None(blueprint.Analysis)), cancellationToken);

    /// <summary>Builds a model with the weights of a file.</summary>
    internal Task<ModelEntry> BuildAsync(ModelBlueprint blueprint, WeightsUpload upload, bool allowPartial, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            using var file = WeightsFile.Open(upload.Path, weightsLimits.Value);
            var weights = LoadedWeights.Of(blueprint.Analysis, file, upload.Sha256);
            weights.Report!.ThrowIfMismatched(allowPartial);
            return Build(blueprint, weights);
        },
        cancellationToken);

    /// <summary>Builds a model with every tensor of another one that fits.</summary>
    internal Task<ModelEntry> BuildAsync(ModelBlueprint blueprint, ModelEntry source, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            using var tensors = new LiveTensors(source.Runner.StateDict);
            return Build(blueprint, LoadedWeights.Of(blueprint.Analysis, tensors.Tensors, source.RandomTensors));
        },
        cancellationToken);

    /// <summary>Compares a weights file with a model's network. Nothing is built.</summary>
    /// <param name="blueprint">The model.</param>
    /// <param name="upload">The file, read but not kept.</param>
    /// <param name="cancellationToken">Fires when the caller leaves.</param>
    /// <exception cref="Errors.ServingException"><see cref="Errors.ErrorCode.WeightsUnreadable"/>.</exception>
    public Task<WeightsReport> CheckAsync(ModelBlueprint blueprint, WeightsUpload upload, CancellationToken cancellationToken) => RunAsync(
        () =>
        {
            using var file = WeightsFile.Open(upload.Path, weightsLimits.Value);
            return LoadedWeights.Of(blueprint.Analysis, file, upload.Sha256).Report!;
        },
        cancellationToken);

    private ModelEntry Build(ModelBlueprint blueprint, LoadedWeights weights)
    {
        var definition = blueprint.Definition;
        var device = ComputeDevice.Find(definition.Device ?? "auto");
        var model = new CompiledModel(blueprint.Analysis, definition.Seed, weights.Report?.Pairs ?? [], device);
        var runner = new ModelRunner(model, $"model {definition.Name}", batching.Value.QueueLimit);

        // The pairs are of no use once the file is closed, nor are suggestions for what was taken.
        var report = weights.Report is null ? null : weights.Report with { Pairs = [], Suggestions = [] };
        return new ModelEntry(blueprint, runner, device.ToString(), weights with { Report = report }, clock.GetUtcNow());
    }

    private Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.DenyChildAttach, scheduler);
}
