namespace ModelService.Models.Backends.TorchScript;

/// <summary>A plan as TorchScript.</summary>
/// <param name="Code">The class <c>Plan</c>: <c>prepare</c> packs the weights, <c>forward</c> computes a batch.</param>
/// <param name="Tensors">
/// The tensors to set by attribute before <c>prepare</c>; null where <c>prepare</c> sets it.
/// </param>
internal sealed record PlanProgram(string Code, IReadOnlyDictionary<string, PlanTensor?> Tensors);
