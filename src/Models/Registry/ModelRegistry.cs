using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Definitions;
using ModelService.Models.Errors;
using ModelService.Models.Runtime;
using ModelService.Models.Serving;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. It owns them; disposing it frees them all.</summary>
public sealed partial class ModelRegistry : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ModelEntry?> models = new(StringComparer.Ordinal);

    // Models are built one at a time, beside the web threads: building takes all cores as it is.
    private readonly TaskScheduler builder = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
    private readonly BatchingOptions batching;
    private readonly WeightsLimits weightsLimits;
    private readonly TimeProvider clock;
    private readonly ILogger<ModelRegistry> logger;

    /// <summary>An empty registry.</summary>
    /// <param name="batching">How many inputs may wait.</param>
    /// <param name="weightsLimits">How large a weights file may be.</param>
    /// <param name="compute">What models compute with; holds for the whole process.</param>
    /// <param name="clock">Says when a model became ready.</param>
    /// <param name="logger">Told when models come and go.</param>
    public ModelRegistry(IOptions<BatchingOptions> batching, IOptions<WeightsLimits> weightsLimits, IOptions<ComputeOptions> compute, TimeProvider clock, ILogger<ModelRegistry> logger)
    {
        (this.batching, this.weightsLimits, this.clock, this.logger) = (batching.Value, weightsLimits.Value, clock, logger);
        NativeRuntime.Prepare(compute.Value.Threads, compute.Value.AllowTf32);
    }

    /// <summary>The models that are ready, by name.</summary>
    public IReadOnlyList<ModelEntry> List() => [.. models.Values.OfType<ModelEntry>().OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Builds a model and serves it.</summary>
    /// <param name="blueprint">What to build.</param>
    /// <param name="weightsFile">A weights file on disk, read but not kept; null leaves the weights random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; a model that has not begun to be built is then given up.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelExists"/>, <see cref="ErrorCode.DefinitionInvalid"/> (no such device, or not in that precision there),
    /// <see cref="ErrorCode.WeightsUnreadable"/> or <see cref="ErrorCode.WeightsMismatch"/>; nothing is left behind.
    /// </exception>
    public async Task<ModelEntry> CreateAsync(ModelBlueprint blueprint, string? weightsFile, CancellationToken cancellationToken)
    {
        var name = blueprint.Definition.Name;

        // The name is taken before the work begins, so that two clients can't build the same model.
        if (!models.TryAdd(name, null)) throw new ServingException(ErrorCode.ModelExists, $"There is a model named '{name}' already. Delete it first, or choose another name.");
        ModelEntry? entry = null;
        try
        {
            entry = await Task.Factory.StartNew(() => Build(blueprint, weightsFile), cancellationToken, TaskCreationOptions.DenyChildAttach, builder);
            models[name] = entry;
        }
        finally
        {
            if (entry is null) models.TryRemove(name, out _);
        }

        LogCreated(name, blueprint.Analysis.Parameters, entry.Device, entry.Weights, entry.Route);
        if (entry.RouteReason is not null) LogNoPlan(name, entry.RouteReason);
        return entry;
    }

    /// <summary>Claims a model for as long as a request needs it.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while it is being built.</exception>
    public ModelLease Lease(string name)
    {
        var entry = Find(name);
        return entry.TryLease() ? new ModelLease(entry) : throw NotFound(name);
    }

    /// <summary>A model by its name.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while it is being built.</exception>
    public ModelEntry Find(string name)
    {
        if (!models.TryGetValue(name, out var entry)) throw NotFound(name);
        return entry ?? throw new ServingException(ErrorCode.ModelNotReady, $"The model '{name}' is being built. Try again in a moment.");
    }

    /// <summary>Removes a model: what runs finishes, what comes later finds it gone.</summary>
    /// <param name="name">The model's name.</param>
    /// <returns>The model as it was.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while it is being built.</exception>
    public async Task<ModelEntry> DeleteAsync(string name)
    {
        var entry = Find(name);
        if (!models.TryRemove(KeyValuePair.Create<string, ModelEntry?>(name, entry))) throw NotFound(name);
        await entry.RetireAsync();
        LogDeleted(name, entry.Bytes);
        return entry;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var entry in List())
        {
            if (models.TryRemove(entry.Name, out _)) await entry.RetireAsync();
        }
    }

    private static ServingException NotFound(string name) =>
        new(ErrorCode.ModelNotFound, $"There is no model named '{Spelling.Shorten(name)}'. GET /v1/models lists those there are.");

    private ModelEntry Build(ModelBlueprint blueprint, string? weightsFile)
    {
        var device = ComputeDevice.Find(blueprint.Definition.Device);
        using var file = weightsFile is null ? null : WeightsFile.Open(weightsFile, weightsLimits);
        var report = file is null ? null : StateDictMatch.Compare(blueprint.Analysis.StateDict, file.Tensors);
        report?.ThrowIfMismatched();
        var model = new CompiledModel(blueprint.Analysis, blueprint.Definition.Seed, report?.Pairs ?? [], device, blueprint.Definition.Precision);
        var runner = new ModelRunner(model, $"model {blueprint.Definition.Name}", batching.QueueLimit);
        return new ModelEntry(blueprint, runner, device.ToString(), report, clock.GetUtcNow()) { Route = model.Route, RouteReason = model.RouteReason, Fidelity = model.Fidelity };
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} is ready: {Parameters} parameters on {Device}, weights {Weights}, by its {Route}")]
    private partial void LogCreated(string model, long parameters, string device, WeightsState weights, ModelRoute route);

    [LoggerMessage(LogLevel.Warning, "Model {Model} serves by its module, which is slower: {Reason}")]
    private partial void LogNoPlan(string model, string reason);

    [LoggerMessage(LogLevel.Information, "Model {Model} is gone: {Bytes} bytes returned")]
    private partial void LogDeleted(string model, long bytes);
}
