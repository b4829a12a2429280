using ModelService.Models.Language.Layers;

namespace ModelService.Api.Contracts;

/// <summary>The layer types of the architecture language.</summary>
/// <param name="Layers">The types, each with its parameters.</param>
public sealed record LayerListResponse(IReadOnlyList<LayerDescription> Layers);
