using ModelService.Models.Language;

namespace ModelService.Models.Storage;

/// <summary>What is stored of a version.</summary>
/// <param name="Manifest">Its manifest, without its files.</param>
/// <param name="Model">Its definition.</param>
/// <param name="Weights">
/// The bytes of its safetensors file, in order; each part is valid until the next one is requested.
/// </param>
/// <param name="Samples">Its golden samples; empty when it has none.</param>
/// <param name="Replaces">Whether it replaces the stored version of the same number.</param>
public sealed record VersionContent(
    VersionManifest Manifest,
    ResolvedModel Model,
    IEnumerable<ReadOnlyMemory<byte>> Weights,
    IReadOnlyList<SampleDefinition> Samples,
    bool Replaces
)
{
    /// <summary>
    /// Whether the model must be there already, or must not be; null: either. It matters in a store that several
    /// servers share: another one may have created or deleted the model meanwhile.
    /// </summary>
    public bool? OfExistingModel { get; init; }

    /// <summary>The job that makes the version, in a store that several servers share; null: none.</summary>
    public JobResult? Job { get; init; }
}
