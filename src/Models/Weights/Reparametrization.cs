using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// Recognises state dicts that hold the parts of a weight instead of the weight: of a pruned layer, or of one with
/// weight norm, spectral norm or another parametrization.
/// </summary>
internal static class Reparametrization
{
    /// <summary>Most dots in a name that can be the end of a prefix.</summary>
    private const int MaxDots = 8;

    private static readonly (string[] Suffixes, string Name, string Remedy)[] Kinds =
    [
        (["_orig", "_mask"], "pruned", "torch.nn.utils.prune.remove(layer, \"weight\")"),
        (["_orig", "_u"], "under spectral norm", "torch.nn.utils.remove_spectral_norm(layer)"),
        (["_g", "_v"], "under weight norm", "torch.nn.utils.remove_weight_norm(layer)"),
    ];

    /// <summary>A sentence for the client if a missing tensor is in the file in parts; otherwise null.</summary>
    /// <param name="missing">Tensors of the architecture that the file lacks.</param>
    /// <param name="others">Tensors of the file that the architecture lacks.</param>
    public static string? Explain(IReadOnlyList<TensorSpec> missing, IReadOnlyList<StoredTensor> others)
    {
        // A prefix may come before the name in the file.
        var found = others.SelectMany(tensor => Endings(tensor.Name)).ToHashSet();
        foreach (var spec in missing)
        {
            foreach (var (suffixes, name, remedy) in Kinds)
            {
                if (suffixes.All(suffix => found.Contains(spec.Name + suffix)))
                    return Sentence(spec.Name, name, spec.Name + suffixes[0], spec.Name + suffixes[1], remedy);
            }

            var own = spec.Name.LastIndexOf('.') + 1;
            var part = $"{spec.Name[..own]}parametrizations.{spec.Name[own..]}.original";
            if (found.Contains(part) || found.Contains(part + "0"))
            {
                return Sentence(
                    spec.Name,
                    "parametrized",
                    found.Contains(part) ? part : part + "0",
                    null,
                    $"torch.nn.utils.parametrize.remove_parametrizations(layer, \"{spec.Name[own..]}\")"
                );
            }
        }

        return null;
    }

    private static IEnumerable<string> Endings(string name)
    {
        yield return name;
        var (dot, left) = (name.IndexOf('.', StringComparison.Ordinal), MaxDots);
        for (; dot >= 0 && left > 0; left--, dot = name.IndexOf('.', dot + 1))
            yield return name[(dot + 1)..];
    }

    private static string Sentence(string name, string kind, string first, string? second, string remedy) =>
        $"The tensor {Unreadable.Quote(name)} is {kind}: the file has {Unreadable.Quote(first)}"
        + (second is null ? "" : $" and {Unreadable.Quote(second)}")
        + $" instead. Call {remedy} for each such layer, and save the state dict again.";
}
