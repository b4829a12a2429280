using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using ModelService.Models.Definitions;
using ModelService.Models.Errors;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>The models that are served, by name. It owns them; disposing it frees them all.</summary>
public sealed partial class ModelRegistry : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ModelEntry?> models = new(StringComparer.Ordinal);

    private readonly ModelBuilder builder;
    private readonly ILogger<ModelRegistry> logger;

    /// <summary>An empty registry.</summary>
    /// <param name="builder">Builds the models.</param>
    /// <param name="logger">Told when models come and go.</param>
    public ModelRegistry(ModelBuilder builder, ILogger<ModelRegistry> logger) => (this.builder, this.logger) = (builder, logger);

    /// <summary>The models that are ready, by name.</summary>
    public IReadOnlyList<ModelEntry> List() => [.. models.Values.OfType<ModelEntry>().OrderBy(entry => entry.Name, StringComparer.Ordinal)];

    /// <summary>Builds a model and serves it.</summary>
    /// <param name="blueprint">What to build.</param>
    /// <param name="weights">A weights file, read but not kept. Without one, the weights are those of the model it is derived from, or random.</param>
    /// <param name="allowPartial">Takes what fits of the file, and leaves the rest random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; a model that has not begun to be built is then given up.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ModelExists"/>, <see cref="ErrorCode.DefinitionInvalid"/> (no such device),
    /// <see cref="ErrorCode.WeightsUnreadable"/> or <see cref="ErrorCode.WeightsMismatch"/>; nothing is left behind.
    /// </exception>
    public async Task<ModelEntry> CreateAsync(ModelBlueprint blueprint, WeightsUpload? weights, bool allowPartial, CancellationToken cancellationToken)
    {
        var name = blueprint.Definition.Name;

        // The name is taken before the work begins, so that two clients can't build the same model.
        if (!models.TryAdd(name, null)) throw new ServingException(ErrorCode.ModelExists, $"There is a model named '{name}' already. Delete it first, or choose another name.");
        ModelEntry? entry = null;
        try
        {
            entry = await BuildAsync(blueprint, weights, allowPartial, cancellationToken);
            models[name] = entry;
        }
        finally
        {
            if (entry is null) models.TryRemove(name, out _);
        }

        LogCreated(name, blueprint.Analysis.Parameters, entry.Device, entry.Weights);
        return entry;
    }

    /// <summary>Puts weights into a model that has random ones. Predictions that run finish with those.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="weights">A weights file, read but not kept.</param>
    /// <param name="allowPartial">Takes what fits, and leaves the rest random.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; what has not begun is then given up.</param>
    /// <returns>The model as it is now.</returns>
    /// <exception cref="ServingException">
    /// <see cref="FindUntouched"/>'s, <see cref="ErrorCode.WeightsUnreadable"/> or <see cref="ErrorCode.WeightsMismatch"/>; the model is then as before.
    /// </exception>
    public async Task<ModelEntry> PutWeightsAsync(string name, int version, WeightsUpload weights, bool allowPartial, CancellationToken cancellationToken)
    {
        var before = FindUntouched(name, version);
        var entry = await builder.BuildAsync(before.Blueprint, weights, allowPartial, cancellationToken);
        if (!models.TryUpdate(name, entry, before))
        {
            await entry.RetireAsync();
            FindUntouched(name, version);
            throw new ServingException(ErrorCode.VersionConflict, $"The model '{name}' was made anew while the weights were read. Send them again.");
        }

        await before.RetireAsync();
        LogCreated(name, entry.Blueprint.Analysis.Parameters, entry.Device, entry.Weights);
        return entry;
    }

    /// <summary>Claims a model for as long as a request needs it.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the one that is served.</param>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s.</exception>
    public ModelLease Lease(string name, int? version = null)
    {
        // One that takes no more leases was replaced or removed a moment ago: then look again.
        while (true)
        {
            var entry = Find(name, version);
            if (entry.TryLease()) return new ModelLease(entry);
        }
    }

    /// <summary>A model by its name.</summary>
    /// <param name="name">The model's name.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotFound"/>, or <see cref="ErrorCode.ModelNotReady"/> while it is being built.</exception>
    public ModelEntry Find(string name)
    {
        if (!models.TryGetValue(name, out var entry)) throw NotFound(name);
        return entry ?? throw new ServingException(ErrorCode.ModelNotReady, $"The model '{name}' is being built. Try again in a moment.");
    }

    /// <summary>A version of a model.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the one that is served.</param>
    /// <exception cref="ServingException"><see cref="Find(string)"/>'s, or <see cref="ErrorCode.VersionNotFound"/>.</exception>
    public ModelEntry Find(string name, int? version)
    {
        var entry = Find(name);
        return version is null || version == entry.Version
            ? entry
            : throw new ServingException(ErrorCode.VersionNotFound, $"The model '{name}' has no version {version}; it has version {entry.Version}.");
    }

    /// <summary>A version whose weights are random still, so that it can take others in place.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException"><see cref="Find(string, int?)"/>'s, or <see cref="ErrorCode.VersionConflict"/>.</exception>
    public ModelEntry FindUntouched(string name, int version)
    {
        var entry = Find(name, version);
        return entry.Weights == WeightsState.Random
            ? entry
            : throw new ServingException(ErrorCode.VersionConflict,
                $"Version {version} of '{name}' has weights, and a version that has stays as it is. Create another model: {{\"name\": ..., \"from\": \"{name}\"}} with these weights.");
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

    private async Task<ModelEntry> BuildAsync(ModelBlueprint blueprint, WeightsUpload? weights, bool allowPartial, CancellationToken cancellationToken)
    {
        if (weights is not null) return await builder.BuildAsync(blueprint, weights, allowPartial, cancellationToken);
        if (blueprint.Definition.From is not { } from) return await builder.BuildAsync(blueprint, cancellationToken);
        var (name, version) = ModelReference.Parse(from);
        using var source = Lease(name, version);
        return await builder.BuildAsync(blueprint, source.Model, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} is ready: {Parameters} parameters on {Device}, weights {Weights}")]
    private partial void LogCreated(string model, long parameters, string device, WeightsState weights);

    [LoggerMessage(LogLevel.Information, "Model {Model} is gone: {Bytes} bytes returned")]
    private partial void LogDeleted(string model, long bytes);
}
