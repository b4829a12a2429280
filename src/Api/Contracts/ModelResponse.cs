using ModelService.Imaging.Preprocessing;
using ModelService.Models.Backends;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The models that are served.</summary>
/// <param name="Models">Each model.</param>
public sealed record ModelListResponse(IReadOnlyList<ModelResponse> Models);

/// <summary>A model as its default version is, or one of its versions.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="State">What can be done with the version.</param>
/// <param name="Reason">Why it is in that state, where that is not plain.</param>
/// <param name="Pinned">Whether the version is the default until another one is pinned; else the newest that is ready, and not held back, is the default.</param>
/// <param name="Base">The predefined architecture it was made from.</param>
/// <param name="From">The model it was derived from.</param>
/// <param name="Lineage">The versions it comes from.</param>
/// <param name="Weights">Where its numbers come from; <c>random</c>: never trained, <c>partial</c>: not all trained. The scores mean nothing then.</param>
/// <param name="RandomTensors">With <c>partial</c>: the tensors that are random.</param>
/// <param name="Head">Whether the layer that gives the class scores is random; absent in a network without weights.</param>
/// <param name="Device">Where it computes: <c>cpu</c> or <c>cuda:N</c>; absent until it was in memory.</param>
/// <param name="Precision">The number format it computes in.</param>
/// <param name="Route">How it computes: <c>plan</c>, or <c>module</c>, which is slower.</param>
/// <param name="RouteReason">Why it computes by its module; absent when it does not.</param>
/// <param name="Fidelity">How far the plan's probabilities are from the float32 module's; absent when there is no plan.</param>
/// <param name="Samples">What came of its golden samples; absent when it has none.</param>
/// <param name="InputShape">What it takes, the batch dimension left out.</param>
/// <param name="NumClasses">Classes it tells apart.</param>
/// <param name="Labels">One label per class.</param>
/// <param name="Preprocessing">How photos become its input; absent when it takes tensors only.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Macs">Multiply-accumulates for one input.</param>
/// <param name="Bytes">Bytes of its tensors.</param>
/// <param name="PlanBytes">Bytes of the weights as the plan has them, packed and in its precision, beside the tensors.</param>
/// <param name="WorkspaceBytes">Estimated bytes that computing needs beside the tensors: a batch for each instance.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="LoadedAt">When it came into memory last; absent when it wasn't since the server started.</param>
/// <param name="WeightsReport">What was loaded from a weights file or another model; absent in the list of models.</param>
/// <param name="Versions">Every version of the model, oldest first; absent for a single version.</param>
public sealed record ModelResponse(
    string Name,
    int Version,
    VersionState State,
    string? Reason,
    bool Pinned,
    string? Base,
    string? From,
    VersionLineage? Lineage,
    WeightsState Weights,
    IReadOnlyList<string>? RandomTensors,
    HeadState? Head,
    string? Device,
    Precision? Precision,
    Backend? Route,
    string? RouteReason,
    PlanAccuracy? Fidelity,
    SamplesResponse? Samples,
    IReadOnlyList<long>? InputShape,
    int? NumClasses,
    IReadOnlyList<string>? Labels,
    PreprocessingDefinition? Preprocessing,
    long? Parameters,
    long? Macs,
    long Bytes,
    long PlanBytes,
    long WorkspaceBytes,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LoadedAt,
    WeightsReport? WeightsReport,
    IReadOnlyList<VersionSummary>? Versions
)
{
    internal static ModelResponse Create(ModelEntry model) =>
        Create(model, model.Default) with
        {
            Versions = [.. model.Versions.Select(VersionSummary.Create)],
        };

    internal static ModelResponse Create(ModelEntry model, ModelVersion version)
    {
        // Of a version whose files are damaged, little is known.
        var resolved = version.IsKnown ? version.Resolved : null;
        var (definition, analysis) = (resolved?.Definition, resolved?.Analysis);
        return new ModelResponse(
            version.Name,
            version.Version,
            version.State,
            version.Reason,
            model.Pinned == version.Version,
            definition?.Base,
            definition?.From,
            version.Lineage,
            version.Weights,
            PartlyRandom(version.Weights, version.RandomTensors),
            version.Head,
            version.Execution?.Device,
            definition?.Precision,
            version.Execution?.Backend,
            version.Execution?.FallbackReason,
            version.Execution?.Accuracy,
            SamplesResponse.Create(version),
            analysis?.Input.Sizes,
            resolved?.ClassCount,
            definition?.Labels,
            resolved?.Preprocessing,
            analysis?.Parameters,
            analysis?.Macs,
            version.Bytes,
            version.PlanBytes,
            version.WorkspaceBytes,
            version.Created,
            version.Loaded,
            version.Report,
            null
        );
    }

    /// <summary>The tensors that are random, where some are and some are not.</summary>
    internal static IReadOnlyList<string>? PartlyRandom(WeightsState weights, IReadOnlyList<string> random) =>
        weights == WeightsState.Partial ? random : null;
}

/// <summary>A version among others.</summary>
/// <param name="Version">Its number.</param>
/// <param name="State">What can be done with it.</param>
/// <param name="Reason">Why it is in that state, where that is not plain.</param>
/// <param name="Weights">Where its numbers come from.</param>
/// <param name="Bytes">Bytes of its tensors.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="Lineage">The versions it comes from.</param>
/// <param name="Samples">What came of its golden samples; absent when it has none.</param>
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
    internal static VersionSummary Create(ModelVersion version) =>
        new(
            version.Version,
            version.State,
            version.Reason,
            version.Weights,
            version.Bytes,
            version.Created,
            version.Lineage,
            SamplesResponse.Create(version)
        );
}

/// <summary>What came of a version's golden samples when it was made, or came into memory last.</summary>
/// <param name="Count">How many it has.</param>
/// <param name="Reproduced">Whether it reproduces all of them.</param>
/// <param name="HeldBack">Whether it did not when it was made: then it is the default only if it is pinned.</param>
/// <param name="Differences">Those that it does not reproduce.</param>
public sealed record SamplesResponse(
    int Count,
    bool Reproduced,
    bool HeldBack,
    IReadOnlyList<SampleDifference> Differences
)
{
    internal static SamplesResponse? Create(ModelVersion version) =>
        version.Samples is { } samples
            ? new SamplesResponse(samples.Count, samples.Reproduced, version.IsQuarantined, samples.Differences)
            : null;
}

/// <summary>A model that was removed.</summary>
/// <param name="Model">Its name.</param>
/// <param name="BytesReturned">Bytes that its tensors had taken in memory.</param>
public sealed record ModelDeletedResponse(string Model, long BytesReturned);

/// <summary>A version that was removed.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its number.</param>
/// <param name="BytesReturned">Bytes that its tensors had taken in memory.</param>
public sealed record VersionDeletedResponse(string Model, int Version, long BytesReturned);

/// <summary>A version that was taken out of memory.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its number.</param>
/// <param name="State">What can be done with it now.</param>
/// <param name="BytesReturned">Bytes that went back to the operating system: by how much the process's memory shrank meanwhile.</param>
/// <param name="ResidentBytesBefore">Bytes of RAM that the process had before.</param>
/// <param name="ResidentBytesAfter">Bytes of RAM that it has now.</param>
public sealed record VersionUnloadedResponse(
    string Model,
    int Version,
    VersionState State,
    long BytesReturned,
    long ResidentBytesBefore,
    long ResidentBytesAfter
);

/// <summary>A change to a model; what is left out stays.</summary>
/// <param name="DefaultVersion">The number of the version to pin as the default, or <c>"newest"</c>: the newest that is ready, from now on.</param>
/// <param name="Labels">One label per class of the default version.</param>
public sealed record ModelUpdateBody(object? DefaultVersion, IReadOnlyList<string>? Labels);
