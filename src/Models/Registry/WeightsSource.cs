using ModelService.Models.Language.Predefined;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Registry;

/// <summary>
/// Where a version that is built takes its tensors from. Those that the source lacks are random, by the seed of the
/// version's definition.
/// </summary>
internal abstract record WeightsSource;

/// <summary>All tensors are random.</summary>
internal sealed record RandomWeights : WeightsSource;

/// <summary>A file that a client uploaded.</summary>
/// <param name="File">The file; borrowed until the version is built.</param>
/// <param name="Terms">The client's choices.</param>
internal sealed record UploadedWeights(WeightsUpload File, WeightsTerms Terms) : WeightsSource;

/// <summary>The file that comes with a predefined architecture.</summary>
/// <param name="Weights">Which one.</param>
internal sealed record BundledWeights(PretrainedWeights Weights) : WeightsSource;

/// <summary>The tensors of another version that fit.</summary>
/// <param name="Version">The other version, as it is stored.</param>
internal sealed record VersionWeights(ModelVersion Version) : WeightsSource;

/// <summary>Tensors in memory, such as those of a training.</summary>
/// <param name="StateDict">The tensors by name; borrowed until the version is built.</param>
internal sealed record TensorWeights(IReadOnlyDictionary<string, Tensor> StateDict) : WeightsSource;

/// <summary>The version's own file, in which it was stored.</summary>
internal sealed record StoredWeights : WeightsSource;
