using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The version of a model that answers requests without a version number.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="Pinned">
/// Whether it answers because it is pinned. A newer version then does not take over until PATCH with
/// <c>{"default_version": "newest"}</c> unpins it.
/// </param>
public sealed record ServingResponse(int Version, bool Pinned)
{
    internal static ServingResponse Create(ModelEntry model)
    {
        var version = model.Default.Version;
        return new ServingResponse(version, model.Pinned == version);
    }
}

/// <summary>
/// A change of the default version that servers make together. The version before answers until enough of them are
/// ready.
/// </summary>
/// <param name="Wanted">The version that is to answer.</param>
/// <param name="Ready">
/// The number of servers that are ready: they have the version in memory, or can't load it. As this server heard it
/// last.
/// </param>
/// <param name="Of">The number of servers.</param>
public sealed record RolloutResponse(int Wanted, int Ready, int Of)
{
    internal static RolloutResponse? Create(Rollout? rollout) =>
        rollout is null ? null : new RolloutResponse(rollout.Version, rollout.Ready, rollout.Servers);
}

/// <summary>The versions of a model.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Serving">The version that answers requests without a version number, and why.</param>
/// <param name="Versions">All versions, oldest first.</param>
public sealed record VersionListResponse(string Model, ServingResponse Serving, IReadOnlyList<VersionSummary> Versions)
{
    internal static VersionListResponse Create(ModelEntry model) =>
        new(model.Name, ServingResponse.Create(model), [.. model.Versions.Select(VersionSummary.Create)]);
}

/// <summary>One of the versions of a model, in brief.</summary>
/// <param name="Version">The version's number.</param>
/// <param name="State">The version's state.</param>
/// <param name="Reason">The reason for that state, where the state alone does not explain it.</param>
/// <param name="Weights">Origin of the version's weights.</param>
/// <param name="Bytes">Bytes of the version's tensors.</param>
/// <param name="CreatedAt">The time at which the version was created.</param>
/// <param name="Lineage">The versions that this version comes from.</param>
/// <param name="Samples">
/// The result of checking the version against its golden samples; absent when it has no samples.
/// </param>
public sealed record VersionSummary(
    int Version,
    VersionState State,
    string? Reason,
    WeightsState Weights,
    long Bytes,
    DateTimeOffset CreatedAt,
    VersionLineage? Lineage,
    SamplesResponse? Samples
)
{
    internal static VersionSummary Create(ModelVersion version)
    {
        var snapshot = version.Current;
        return new VersionSummary(
            version.Version,
            snapshot.State,
            snapshot.Reason,
            snapshot.Weights?.State ?? default,
            version.Bytes,
            version.Created,
            version.Lineage,
            SamplesResponse.Create(snapshot)
        );
    }
}

/// <summary>
/// The result of checking a version against its golden samples, when it was created or when it was last loaded into
/// memory.
/// </summary>
/// <param name="Count">Number of golden samples.</param>
/// <param name="Reproduced">Whether the version reproduces all of them.</param>
/// <param name="HeldBack">
/// Whether the version is quarantined: it did not reproduce all samples when it was created. A quarantined version
/// becomes the default only by being pinned.
/// </param>
/// <param name="Differences">The samples that the version does not reproduce.</param>
public sealed record SamplesResponse(
    int Count,
    bool Reproduced,
    bool HeldBack,
    IReadOnlyList<SampleDifference> Differences
)
{
    internal static SamplesResponse? Create(VersionSnapshot version) =>
        version.Samples is { } samples
            ? new SamplesResponse(samples.Count, samples.Reproduced, version.IsQuarantined, samples.Differences)
            : null;
}
