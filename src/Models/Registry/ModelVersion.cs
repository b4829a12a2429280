using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// A version of a model: its definition and weights, which never change, and its state, which does. While it is in
/// memory, it owns its worker and its reserved memory, and frees them when it is drained and the last lease has ended.
/// </summary>
public sealed partial class ModelVersion
{
    // The inputs of a batch in the estimate of the memory that computing needs.
    private const int PlannedBatch = 4;

    private readonly Lock gate = new();
    private volatile ResolvedModel? model;

    internal ModelVersion(
        string name,
        int version,
        ResolvedModel? model,
        VersionLineage? lineage,
        LoadedWeights? weights,
        DateTimeOffset created,
        int instances
    )
    {
        (Name, Version, this.model, Lineage, Created) = (name, version, model, lineage, created);
        if (weights is not null)
            Describe(weights);
        if (model is null)
            return;
        Bytes = model.Analysis.StateDict.Sum(tensor => tensor.Bytes);
        PlanBytes = model.Analysis.WeightBytes(
            model.Definition.Precision == Precision.Float32 ? sizeof(float) : sizeof(short)
        );
        WorkspaceBytes =
            model.Analysis.EstimateBytes(PlannedBatch * instances) - model.Analysis.WeightBytes(sizeof(float));
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>The version's number, from 1.</summary>
    public int Version { get; }

    /// <summary>Whether its definition could be read; false when its files are damaged.</summary>
    public bool IsKnown => model is not null;

    /// <summary>Its definition, resolved and analyzed.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotReady"/>: its files are damaged.</exception>
    public ResolvedModel Resolved => model ?? throw NotReady();

    /// <summary>The versions that it was made from; null when its files are damaged.</summary>
    public VersionLineage? Lineage { get; }

    /// <summary>The device and backend that it computes with; null until it is loaded for the first time.</summary>
    public ExecutionInfo? Execution { get; private set; }

    /// <summary>Whether its weights are loaded or random.</summary>
    public WeightsState Weights { get; private set; }

    /// <summary>Names of the tensors that are random, in the order of the state dict.</summary>
    public IReadOnlyList<string> RandomTensors { get; private set; } = [];

    /// <summary>
    /// Whether the weights of its head, the layer that gives the class scores, are loaded or random; null in a network
    /// without weights.
    /// </summary>
    public HeadState? Head { get; private set; }

    /// <summary>How its tensors were loaded from a weights file or another model; null when they were not.</summary>
    public WeightsReport? Report { get; private set; }

    /// <summary>The result of its golden samples when it was loaded last; null when it has none.</summary>
    public SamplesReport? Samples { get; internal set; }

    /// <summary>
    /// Whether it failed to reproduce its golden samples when it was created. A quarantined version becomes the default
    /// only by being pinned.
    /// </summary>
    public bool IsQuarantined { get; internal set; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset Created { get; internal set; }

    /// <summary>When it was loaded last; null when it never was.</summary>
    public DateTimeOffset? Loaded { get; private set; }

    /// <summary>Bytes of the tensors in its state dict.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of its plan's copy of the weights: packed, and in the precision that it computes in.</summary>
    public long PlanBytes { get; }

    /// <summary>Estimated bytes that computing needs beside the weights: a batch for each instance.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Estimated bytes of all memory that it needs.</summary>
    public long MemoryBytes => Bytes + PlanBytes + WorkspaceBytes;

    /// <summary>Its files on the disk, by name; empty when it is not stored.</summary>
    internal IReadOnlyDictionary<string, StoredFile> Files { get; set; } = new Dictionary<string, StoredFile>();

    /// <summary>Its weights file on the disk; null when it is not stored.</summary>
    internal StoredFile? WeightsFile => Files.GetValueOrDefault(ModelStore.Weights);

    /// <summary>Whether it serves, or why not.</summary>
    public VersionState State { get; private set; } = VersionState.Loading;

    /// <summary>Why it is in this state; null when that needs no explanation.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether a request for it loads it.</summary>
    internal bool LoadsOnRequest { get; private set; }

    /// <summary>Whether it answers requests, at once or after it was loaded.</summary>
    internal bool IsServable => State == VersionState.Ready || LoadsOnRequest;

    /// <summary>When it was leased last, as a timestamp of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    internal long LastUsed { get; private set; }

    /// <summary>The error of a request that needs it while it is not in memory.</summary>
    internal ServingException NotReady()
    {
        var reason = State switch
        {
            VersionState.Loading => "is being loaded. Try again in a moment.",
            VersionState.Unloaded => $"is unloaded. POST /v1/models/{Name}/versions/{Version}/load loads it.",
            VersionState.Failed => $"can't be served: {Reason}",
            _ => "is being unloaded. Try again in a moment.",
        };
        return new ServingException(ErrorCode.ModelNotReady, $"Version {Version} of the model '{Name}' {reason}");
    }

    /// <summary>
    /// The error of a request without a version number for a model whose versions are all quarantined.
    /// </summary>
    internal ServingException Quarantined() =>
        new(
            ErrorCode.ModelNotReady,
            $"The model '{Name}' has no default version: version {Version} did not reproduce its golden samples. "
                + $"GET /v1/models/{Name} shows the differences, "
                + $"POST /v1/models/{Name}/versions/{Version}/predict uses the version all the same, "
                + $"and PATCH /v1/models/{Name} with {{\"default_version\": {Version}}} makes it the default."
        );

    /// <summary>Replaces its labels; the network stays as it is.</summary>
    internal void Relabel(IReadOnlyList<string> labels) =>
        model = Resolved.With(Resolved.Definition with { Labels = labels });

    private void Describe(LoadedWeights weights) =>
        (Weights, RandomTensors, Head, Report) = (weights.State, weights.RandomTensors, weights.Head, weights.Report);
}
