using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// A version of a model: what it is, which never changes, and whether it is in memory, which does. While it is, it owns the thread and
/// the memory, and frees them when it is drained and the last lease ends.
/// </summary>
public sealed partial class ModelVersion
{
    // As many inputs as one batch is planned for.
    private const int PlannedBatch = 4;

    private readonly Lock gate = new();
    private volatile ResolvedModel? resolved;

    internal ModelVersion(
        string name,
        int version,
        ResolvedModel? resolved,
        VersionLineage? lineage,
        LoadedWeights? weights,
        DateTimeOffset created,
        int instances
    )
    {
        (Name, Version, this.resolved, Lineage, Created) = (name, version, resolved, lineage, created);
        if (weights is not null)
            Describe(weights);
        if (resolved is null)
            return;
        Bytes = resolved.Analysis.StateDict.Sum(tensor => tensor.Bytes);
        PlanBytes = resolved.Analysis.WeightBytes(
            resolved.Definition.Precision == Precision.Float32 ? sizeof(float) : sizeof(short)
        );
        WorkspaceBytes =
            resolved.Analysis.EstimateBytes(PlannedBatch * instances) - resolved.Analysis.WeightBytes(sizeof(float));
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>Its number, from 1.</summary>
    public int Version { get; }

    /// <summary>Whether it is known what it is; else its files are damaged.</summary>
    public bool IsKnown => resolved is not null;

    /// <summary>All that was decided of it.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.ModelNotReady"/>: its files are damaged.</exception>
    public ResolvedModel Resolved => resolved ?? throw NotReady();

    /// <summary>Where it comes from; null when that can't be read.</summary>
    public VersionLineage? Lineage { get; }

    /// <summary>Where and how it computes; null until it was in memory.</summary>
    public ExecutionInfo? Execution { get; private set; }

    /// <summary>Where its numbers come from.</summary>
    public WeightsState Weights { get; private set; }

    /// <summary>Names of the tensors that are random, in the order of the state dict.</summary>
    public IReadOnlyList<string> RandomTensors { get; private set; } = [];

    /// <summary>Where the numbers of the layer that gives the class scores come from; null in a network without weights.</summary>
    public HeadState? Head { get; private set; }

    /// <summary>What was loaded from a weights file or another model; null when there was none.</summary>
    public WeightsReport? Report { get; private set; }

    /// <summary>What came of its samples when it was made, or came into memory last; null when it has none.</summary>
    public SamplesReport? Samples { get; internal set; }

    /// <summary>Whether it did not reproduce its samples when it was made, so that it is the default only where it is pinned.</summary>
    public bool IsQuarantined { get; internal set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; internal set; }

    /// <summary>When it came into memory last; null when it never was.</summary>
    public DateTimeOffset? Loaded { get; private set; }

    /// <summary>Bytes of its tensors.</summary>
    public long Bytes { get; }

    /// <summary>Bytes of the weights as its plan has them, packed and in its precision, beside its tensors.</summary>
    public long PlanBytes { get; }

    /// <summary>Estimated bytes that computing needs beside its tensors: a batch for each instance.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Bytes of all that it takes in memory.</summary>
    public long MemoryBytes => Bytes + PlanBytes + WorkspaceBytes;

    /// <summary>Its files on the disk, by name; empty when it is not kept there.</summary>
    internal IReadOnlyDictionary<string, StoredFile> Files { get; set; } = new Dictionary<string, StoredFile>();

    /// <summary>The file on the disk that its weights are in; null when it is not kept there.</summary>
    internal StoredFile? WeightsFile => Files.GetValueOrDefault(ModelStore.Weights);

    /// <summary>What can be done with it.</summary>
    public VersionState State { get; private set; } = VersionState.Loading;

    /// <summary>Why it is in this state, where that is not plain.</summary>
    public string? Reason { get; private set; }

    /// <summary>Whether a request brings it into memory.</summary>
    internal bool LoadsOnRequest { get; private set; }

    /// <summary>Whether it answers, at once or when it is loaded.</summary>
    internal bool IsServable => State == VersionState.Ready || LoadsOnRequest;

    /// <summary>When it was leased last, on the stopwatch's clock.</summary>
    internal long LastUsed { get; private set; }

    /// <summary>The error of a request that finds it not in memory.</summary>
    internal ServingException NotReady()
    {
        var why = State switch
        {
            VersionState.Loading => "is being loaded. Try again in a moment.",
            VersionState.Unloaded => $"is unloaded. POST /v1/models/{Name}/versions/{Version}/load brings it back.",
            VersionState.Failed => $"can't be served: {Reason}",
            _ => "is being unloaded. Try again in a moment.",
        };
        return new ServingException(ErrorCode.ModelNotReady, $"Version {Version} of the model '{Name}' {why}");
    }

    /// <summary>The error of a request that asks for no version, where only such are there that are held back.</summary>
    internal ServingException Quarantined() =>
        new(
            ErrorCode.ModelNotReady,
            $"The model '{Name}' has no default version: version {Version} did not reproduce its samples. GET /v1/models/{Name} says how it differs, "
                + $"/v1/models/{Name}/versions/{Version}/predict asks for it, and PATCH /v1/models/{Name} with {{\"default_version\": {Version}}} makes it the default."
        );

    /// <summary>Names its classes otherwise; the network is not touched.</summary>
    internal void Relabel(IReadOnlyList<string> labels) =>
        resolved = Resolved.With(Resolved.Definition with { Labels = labels });

    private void Describe(LoadedWeights weights) =>
        (Weights, RandomTensors, Head, Report) = (weights.State, weights.RandomTensors, weights.Head, weights.Report);
}
