using ModelService.Models.Backends;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>
/// All that changes of a version, at one moment. It is never changed itself: a transition replaces it, so a reader that
/// takes one reference sees a state with the reason and the weights that belong to it.
/// </summary>
public sealed record VersionSnapshot
{
    // The only changes of state. A version that is removed makes none to Loading or Ready.
    private static readonly HashSet<(VersionState From, VersionState To)> Transitions =
    [
        (VersionState.Loading, VersionState.Ready), // built, warmed up and stored
        (VersionState.Loading, VersionState.Failed), // it can't be built
        (VersionState.Loading, VersionState.Unloaded), // there is no memory for it now
        (VersionState.Ready, VersionState.Draining), // unloaded by a client, evicted, replaced or removed
        (VersionState.Draining, VersionState.Draining), // unloaded by a client while it is evicted
        (VersionState.Draining, VersionState.Unloaded), // the last lease has ended
        (VersionState.Unloaded, VersionState.Unloaded), // whether it loads on request has changed
        (VersionState.Unloaded, VersionState.Loading), // a request or a client needs it
        (VersionState.Failed, VersionState.Loading), // a client tries again
    ];

    /// <summary>Whether it serves, or why not.</summary>
    public VersionState State { get; private init; }

    /// <summary>Why it is in this state; null when that needs no explanation.</summary>
    public string? Reason { get; private init; }

    /// <summary>Whether a request for it loads it.</summary>
    public bool LoadsOnRequest { get; private init; }

    /// <summary>Whether it was deleted or replaced: it is not loaded any more.</summary>
    public bool IsRemoved { get; internal init; }

    /// <summary>Its definition, resolved and analyzed; null when its files are damaged.</summary>
    public ResolvedModel? Resolved { get; internal init; }

    /// <summary>Which of its tensors are loaded; null when it was not built yet, or its files are damaged.</summary>
    public LoadedWeights? Weights { get; internal init; }

    /// <summary>The result of its golden samples when it was loaded last; null when it has none.</summary>
    public SamplesReport? Samples { get; internal init; }

    /// <summary>
    /// Whether it failed to reproduce its golden samples when it was created, or the conditions of the training that
    /// made it. A quarantined version becomes the default only by being pinned.
    /// </summary>
    public bool IsQuarantined { get; internal init; }

    /// <summary>The device and backend that it computes with; null until it is loaded for the first time.</summary>
    public ExecutionInfo? Execution { get; internal init; }

    /// <summary>When it was loaded last; null when it never was.</summary>
    public DateTimeOffset? Loaded { get; internal init; }

    /// <summary>Its files in the store, by name; empty when it is not stored.</summary>
    internal IReadOnlyDictionary<string, StoredFile> Files { get; init; } = new Dictionary<string, StoredFile>();

    /// <summary>Its weights file in the store; null when it is not stored.</summary>
    internal StoredFile? WeightsFile => Files.GetValueOrDefault(StoredFile.Weights);

    /// <summary>Whether it answers requests, at once or after it was loaded.</summary>
    public bool IsServable => State == VersionState.Ready || LoadsOnRequest;

    /// <summary>Whether it can become the default: it is stored, so it can be loaded if it is not yet.</summary>
    internal bool CanBePinned => State != VersionState.Failed && (State != VersionState.Loading || Files.Count > 0);

    /// <summary>A version that is being built for the first time.</summary>
    /// <param name="resolved">Its definition.</param>
    internal static VersionSnapshot Building(ResolvedModel resolved) =>
        new() { State = VersionState.Loading, Resolved = resolved };

    /// <summary>A version that is found in the store.</summary>
    /// <param name="stored">The version.</param>
    internal static VersionSnapshot Restored(StoredVersion stored)
    {
        var manifest = stored.Manifest;
        return new VersionSnapshot
        {
            State = stored.Damage is null ? VersionState.Unloaded : VersionState.Failed,
            Reason = stored.Damage ?? "The next request loads it.",
            LoadsOnRequest = stored.Damage is null,
            Resolved = stored.Resolved,
            Weights = manifest is null
                ? null
                : new LoadedWeights(manifest.Report, manifest.RandomTensors, manifest.Weights, manifest.Head),
            Samples = manifest?.Samples,
            IsQuarantined = IsHeldBack(manifest?.Samples, manifest?.Lineage),
            Files = manifest?.Files ?? new Dictionary<string, StoredFile>(),
        };
    }

    /// <summary>Whether a version is quarantined by its samples, or by the training that made it.</summary>
    internal static bool IsHeldBack(SamplesReport? samples, VersionLineage? lineage) =>
        samples is { Reproduced: false } || lineage?.Training is { Promoted: false };

    /// <summary>The next snapshot.</summary>
    /// <param name="state">Its state.</param>
    /// <param name="reason">Why it is in that state.</param>
    /// <param name="loadsOnRequest">Whether a request for it loads it.</param>
    /// <exception cref="InvalidOperationException">No transition leads there.</exception>
    internal VersionSnapshot To(VersionState state, string? reason, bool loadsOnRequest) =>
        Transitions.Contains((State, state))
            ? this with
            {
                State = state,
                Reason = reason,
                LoadsOnRequest = loadsOnRequest && !IsRemoved,
            }
            : throw new InvalidOperationException($"A version can't go from {State} to {state}.");

    /// <summary>The same state of a version that was deleted or replaced.</summary>
    internal VersionSnapshot Removed() => this with { IsRemoved = true, LoadsOnRequest = false };
}
