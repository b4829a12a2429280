using ModelService.Imaging.Preprocessing;
using ModelService.Models.Backends;
using ModelService.Models.Graph;
using ModelService.Models.Registry;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The models on the server.</summary>
/// <param name="Models">The models.</param>
public sealed record ModelListResponse(IReadOnlyList<ModelResponse> Models);

/// <summary>A model with its default version, or a single version.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="State">The version's state.</param>
/// <param name="Reason">The reason for that state, where the state alone does not explain it.</param>
/// <param name="Pinned">
/// Whether the version is pinned as the default. Without a pinned version, the default is the newest version that is
/// ready and not quarantined.
/// </param>
/// <param name="Serving">
/// The version that answers requests without a version number, and why. It may be another one than this.
/// </param>
/// <param name="Routes">
/// The percentage of the requests without a version number that each version was given; absent when the default version
/// answers them all.
/// </param>
/// <param name="Canary">What came of the routes; absent without routes.</param>
/// <param name="Rollout">
/// The change of the default version that servers which share a database are about to make together; absent when none
/// is under way.
/// </param>
/// <param name="Base">The predefined architecture that the model was made from.</param>
/// <param name="From">The model that this model was derived from.</param>
/// <param name="Lineage">The versions that this version comes from.</param>
/// <param name="Weights">
/// Origin of the version's weights. With <c>random</c> none of them and with <c>partial</c> only some of them are
/// trained: the scores are then meaningless.
/// </param>
/// <param name="RandomTensors">With <c>partial</c>: the names of the tensors that are random.</param>
/// <param name="Head">
/// Whether the layer that computes the class scores is random or loaded; absent for a network without weights.
/// </param>
/// <param name="Device">
/// The device that computes the version: <c>cpu</c> or <c>cuda:N</c>; absent until the version has been loaded into
/// memory.
/// </param>
/// <param name="Precision">The number format in which the version computes, as it was asked for.</param>
/// <param name="Chosen">
/// With the precision <c>auto</c> or <c>fastest</c>: what it computes in here, and the times by which that was chosen;
/// absent until the version has been loaded into memory.
/// </param>
/// <param name="Route">
/// How the version is computed: by its compiled <c>plan</c>, or by <c>module</c>, that is, layer by layer, which is
/// slower.
/// </param>
/// <param name="RouteReason">The reason why the version is not computed by a plan; absent when it is.</param>
/// <param name="Fidelity">
/// The difference between the plan's probabilities and those of the network computed layer by layer in float32, on
/// generated inputs; in <c>int8</c> on the images that were held out when it was calibrated. Absent when there is no
/// plan.
/// </param>
/// <param name="Samples">
/// The result of checking the version against its golden samples; absent when it has no samples.
/// </param>
/// <param name="InputShape">Shape of the input, without the batch dimension.</param>
/// <param name="NumClasses">Number of classes.</param>
/// <param name="Labels">One label for each class.</param>
/// <param name="Preprocessing">
/// The steps that turn a photo into the network's input; absent when the version accepts only tensors.
/// </param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Macs">Multiply-accumulate operations for one input.</param>
/// <param name="Bytes">Bytes of the version's tensors, as they are stored.</param>
/// <param name="PlanBytes">
/// Bytes of the weights that the version computes with, packed and in its precision: what it takes in memory, together
/// with <paramref name="WorkspaceBytes"/>.
/// </param>
/// <param name="WorkspaceBytes">
/// Estimated bytes that computing needs in addition to the weights: the plan's program, and one batch for each
/// instance.
/// </param>
/// <param name="CreatedAt">The time at which the version was created.</param>
/// <param name="LoadedAt">
/// The time at which the version was last loaded into memory; absent when this has not happened since the server
/// started.
/// </param>
/// <param name="WeightsReport">
/// The comparison of the network with the weights file or the other model that its weights come from; absent in the
/// list of models.
/// </param>
/// <param name="Quantization">
/// With the precision <c>int8</c>: what was measured when it was calibrated; absent in the list of models.
/// </param>
/// <param name="Versions">All versions of the model, oldest first; absent for a single version.</param>
public sealed record ModelResponse(
    string Name,
    int Version,
    VersionState State,
    string? Reason,
    bool Pinned,
    ServingResponse Serving,
    IReadOnlyDictionary<int, int>? Routes,
    CanaryResponse? Canary,
    RolloutResponse? Rollout,
    string? Base,
    string? From,
    VersionLineage? Lineage,
    WeightsState Weights,
    IReadOnlyList<string>? RandomTensors,
    HeadState? Head,
    string? Device,
    Precision? Precision,
    PrecisionChoice? Chosen,
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
    QuantizationReport? Quantization,
    IReadOnlyList<VersionSummary>? Versions
)
{
    internal static ModelResponse Create(ModelEntry model) =>
        Create(new VersionOfModel(model, model.Default)) with
        {
            Versions = [.. model.Versions.Select(VersionSummary.Create)],
        };

    internal static ModelResponse Create(VersionOfModel found)
    {
        var (entry, version) = found;
        var snapshot = version.Current;

        // A version whose files are damaged has no definition and no weights.
        var (model, weights) = (snapshot.Resolved, snapshot.Weights);
        var (definition, analysis) = (model?.Definition, model?.Analysis);
        var routes = entry.Routes;
        return new ModelResponse(
            version.Name,
            version.Version,
            snapshot.State,
            snapshot.Reason,
            entry.Pinned == version.Version,
            ServingResponse.Create(entry),
            routes?.Routes.Shares,
            CanaryResponse.Create(routes),
            RolloutResponse.Create(entry.Rollout),
            definition?.Base,
            definition?.From,
            version.Lineage,
            weights?.State ?? default,
            weights is null ? null : PartlyRandom(weights.State, weights.RandomTensors),
            weights?.Head,
            snapshot.Execution?.Device,
            definition?.Precision,
            snapshot.Execution?.Choice,
            snapshot.Execution?.Backend,
            snapshot.Execution?.FallbackReason,
            FidelityOf(snapshot),
            SamplesResponse.Create(snapshot),
            analysis?.Input.Sizes,
            model?.ClassCount,
            definition?.Labels,
            model?.Preprocessing,
            analysis?.Parameters,
            analysis?.Macs,
            version.Bytes,
            version.PlanBytes,
            version.WorkspaceBytes,
            version.Created,
            snapshot.Loaded,
            weights?.Report,
            model?.Quantization?.Report,
            Versions: null
        );
    }

    // Generated inputs have other ranges than those that were calibrated: on them, int8 looks far worse than it is.
    private static PlanAccuracy? FidelityOf(VersionSnapshot snapshot) =>
        snapshot is { Execution.Accuracy: not null, Resolved.Quantization.Report: { } report }
            ? new PlanAccuracy(
                report.MaxProbabilityChange,
                report.MeanProbabilityChange,
                report.Top1Agreement,
                report.HeldOut
            )
            : snapshot.Execution?.Accuracy;

    /// <summary>The names of the random tensors when only part of the weights is random; otherwise null.</summary>
    internal static IReadOnlyList<string>? PartlyRandom(WeightsState weights, IReadOnlyList<string> random) =>
        weights == WeightsState.Partial ? random : null;
}

/// <summary>A model that was deleted.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="BytesReturned">Bytes of its weights that were in memory, and are no longer.</param>
/// <param name="HeldBy">
/// What still keeps a part of it in memory after the wait that the server is configured with, such as
/// <c>2 predictions</c>; absent when nothing does.
/// </param>
public sealed record ModelDeletedResponse(string Model, long BytesReturned, string? HeldBy);

/// <summary>A version that was deleted.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="BytesReturned">Bytes of its weights that were in memory, and are no longer.</param>
/// <param name="HeldBy">
/// What still keeps it in memory after the wait that the server is configured with, such as <c>2 predictions</c>;
/// absent when nothing does.
/// </param>
public sealed record VersionDeletedResponse(string Model, int Version, long BytesReturned, string? HeldBy);

/// <summary>A version that was unloaded from memory.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version's number.</param>
/// <param name="State">The version's state now: <c>unloaded</c>, or <c>draining</c> while predictions use it.</param>
/// <param name="HeldBy">What still keeps it in memory, such as <c>2 predictions</c>; absent when nothing does.</param>
/// <param name="BytesReturned">
/// Bytes returned to the operating system: the difference between the process's resident memory before and after.
/// </param>
/// <param name="ResidentBytesBefore">Resident memory of the process before unloading, in bytes.</param>
/// <param name="ResidentBytesAfter">Resident memory of the process after unloading, in bytes.</param>
public sealed record VersionUnloadedResponse(
    string Model,
    int Version,
    VersionState State,
    string? HeldBy,
    long BytesReturned,
    long ResidentBytesBefore,
    long ResidentBytesAfter
)
{
    internal static VersionUnloadedResponse Create(UnloadedVersion unloaded) =>
        new(
            unloaded.Version.Name,
            unloaded.Version.Version,
            unloaded.Version.Current.State,
            unloaded.HeldBy,
            Math.Max(0, unloaded.ResidentBefore - unloaded.ResidentAfter),
            unloaded.ResidentBefore,
            unloaded.ResidentAfter
        );
}

/// <summary>A change to a model. Properties that are left out stay as they are.</summary>
/// <param name="DefaultVersion">
/// The number of the version to pin as the default. <c>"newest"</c> or null pins none: the default is then always the
/// newest version that is ready and not quarantined.
/// </param>
/// <param name="Labels">One label for each class of the default version.</param>
/// <param name="Routes">
/// The percentage of the requests without a version number that each version gets, by the version's number: whole
/// percents, which add up to 100. Null ends the routes: the default version then answers all requests. A new
/// <c>default_version</c> without <c>routes</c> ends them, too.
/// </param>
/// <param name="Stop">
/// The conditions at which the routes stop by themselves: the stable version then answers all requests. Only with
/// <c>routes</c>.
/// </param>
public sealed record ModelUpdateBody(
    object? DefaultVersion,
    IReadOnlyList<string>? Labels,
    IReadOnlyDictionary<int, int>? Routes,
    StopConditions? Stop
);
