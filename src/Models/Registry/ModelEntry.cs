using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Registry.Routing;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>A model that is served: a name and its versions, one of which is the default. Thread-safe.</summary>
public sealed partial class ModelEntry
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<int, ModelVersion> versions = [];
    private readonly string? damage; // of the files that its versions share
    private volatile ModelSettings settings;

    internal ModelEntry(string name, ModelSettings settings, string? damage = null)
    {
        (Name, this.settings, this.damage, Metrics) = (name, settings, damage, new ModelMetrics(name));
        canary = Canary.After(null, settings.Routes);
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>
    /// Why it can only be deleted: its files are damaged, and a change would overwrite them. Null when it can be
    /// changed.
    /// </summary>
    internal Failure? Unchangeable =>
        damage is null
            ? null
            : new Failure(
                ErrorCode.ModelNotReady,
                $"The model '{Name}' can't be changed, because its files are damaged: {damage} Restore them and "
                    + $"restart the server, or delete the model: DELETE /v1/models/{Name}."
            );

    /// <summary>Why it can't get another version: it had the highest number. Null when it can.</summary>
    internal Failure? NumbersUsedUp =>
        settings.LastVersion < int.MaxValue
            ? null
            : new Failure(
                ErrorCode.VersionConflict,
                $"The model '{Name}' had a version {int.MaxValue}, and there are no higher numbers. "
                    + "Create another model."
            );

    /// <summary>The counts of its predictions.</summary>
    internal ModelMetrics Metrics { get; }

    /// <summary>The counts of its predictions, of all versions together.</summary>
    public ModelStatistics Statistics => Metrics.Statistics;

    /// <summary>
    /// The version that is pinned as the default; null: the default is the newest version that is ready and not
    /// quarantined.
    /// </summary>
    public int? Pinned => settings.DefaultVersion;

    /// <summary>
    /// The settings that its versions share, as they are stored. Changed while <see cref="Changes"/> is held.
    /// </summary>
    internal ModelSettings Settings
    {
        get => settings;
        set
        {
            lock (gate)
                (settings, canary) = (value, Canary.After(canary, value.Routes));
        }
    }

    /// <summary>
    /// Takes settings that this server has stored, unless newer ones of a store that servers share are in memory.
    /// </summary>
    internal void Take(ModelSettings stored)
    {
        if (!(stored.Revision < settings.Revision))
            Settings = stored;
    }

    /// <summary>Whether its first version is being built.</summary>
    internal bool IsNew { get; set; }

    /// <summary>Whether the model was deleted.</summary>
    internal bool IsRemoved { get; set; }

    /// <summary>Held during a change of what is stored of the model, so that there is one change at a time.</summary>
    internal SemaphoreSlim Changes { get; } = new(1, 1);

    /// <summary>The model's versions, oldest first.</summary>
    public IReadOnlyList<ModelVersion> Versions
    {
        get
        {
            lock (gate)
                return [.. versions.Values];
        }
    }

    /// <summary>
    /// The version that answers requests without a version number: the pinned one, else the newest that is not
    /// quarantined and is ready or loads on request. When all versions are quarantined, it is the newest of them, and
    /// requests need its number. While servers roll out another default, it is still the one before.
    /// </summary>
    public ModelVersion Default
    {
        get
        {
            lock (gate)
                return FindActive() ?? FindDefault();
        }
    }

    /// <summary>Finds a version.</summary>
    /// <param name="version">Its number; null: the default.</param>
    /// <returns>The version, or <see cref="ErrorCode.VersionNotFound"/>.</returns>
    public Outcome<ModelVersion> Find(int? version)
    {
        if (version is not { } number)
            return Default;
        lock (gate)
        {
            return versions.TryGetValue(number, out var found)
                ? found
                : new Failure(
                    ErrorCode.VersionNotFound,
                    $"The model '{Name}' has no version {number}; it has {string.Join(", ", versions.Keys)}."
                );
        }
    }

    /// <summary>Adds a version, or replaces the one of the same number.</summary>
    /// <returns>The version that was replaced; null when there was none.</returns>
    internal ModelVersion? Put(ModelVersion version)
    {
        lock (gate)
        {
            var replaced = versions.GetValueOrDefault(version.Version);
            versions[version.Version] = version;
            settings = settings with { LastVersion = Math.Max(settings.LastVersion, version.Version) };
            return replaced;
        }
    }

    /// <summary>Removes a version.</summary>
    internal void Remove(int version)
    {
        lock (gate)
        {
            versions.Remove(version);
            settings = settings with { Labels = settings.Labels.Where(pair => pair.Key != version).ToDictionary() };
        }
    }

    /// <summary>Gives the versions the labels that the settings have for them.</summary>
    internal void Relabel()
    {
        foreach (var version in Versions)
        {
            if (
                version.Current.Resolved is { } model
                && Settings.Labels.TryGetValue(version.Version, out var labels)
                && labels.Count == model.ClassCount
                && model.Definition.Labels?.SequenceEqual(labels) != true
            )
            {
                version.Relabel(labels);
            }
        }
    }

    private ModelVersion FindDefault()
    {
        if (Pinned is { } pinned && versions.TryGetValue(pinned, out var version))
            return version;
        var allowed = versions.Values.Where(item => !item.Current.IsQuarantined);
        return allowed.LastOrDefault(item => item.Current.IsServable)
            ?? allowed.LastOrDefault(item => item.Current.State is VersionState.Draining or VersionState.Unloaded)
            ?? versions.Values.LastOrDefault(item => item.Current.IsQuarantined)
            ?? versions.Values.Last();
    }
}
