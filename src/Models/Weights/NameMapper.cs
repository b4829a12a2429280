using System.Text.RegularExpressions;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// Finds out how a state dict names a network's tensors. Modules around the network put a prefix before all names, and
/// wrappers such as <c>torch.compile</c> put a word inside names.
/// </summary>
internal sealed partial class NameMapper
{
    /// <summary>Most dots in a name that can be the end of a prefix.</summary>
    private const int MaxDots = 8;

    private static readonly string[] Wrappers =
    [
        "module",
        "_orig_mod",
        "_forward_module",
        "_fsdp_wrapped_module",
        "_fpw_module",
        "_checkpoint_wrapped_module",
    ];

    private readonly Dictionary<string, TensorSpec> expected;
    private readonly HashSet<int> lengths;
    private readonly string[] wrappers;
    private readonly string? prefix;
    private readonly int needed;

    /// <summary>Prepares the search.</summary>
    /// <param name="expected">The architecture's tensors; names are unique.</param>
    /// <param name="prefix">
    /// The prefix, with or without the dot at its end; empty: the names have none. Null: the one that fits.
    /// </param>
    public NameMapper(IReadOnlyList<TensorSpec> expected, string? prefix = null)
    {
        this.expected = expected.ToDictionary(spec => spec.Name);
        this.prefix = string.IsNullOrEmpty(prefix) || prefix.EndsWith('.') ? prefix : prefix + ".";
        lengths = [.. expected.Select(spec => spec.Name.Length)];
        needed = expected.Count(spec => !spec.IsCounter);

        // A network may have a layer of such a name itself.
        wrappers = [.. Wrappers.Except(expected.SelectMany(spec => spec.Name.Split('.')))];
    }

    /// <summary>Maps the names of a state dict.</summary>
    /// <param name="stored">The names and shapes of its tensors.</param>
    public NameMapping Map(IReadOnlyCollection<(string Name, IReadOnlyList<long> Shape)> stored)
    {
        var cleaned = Clean(stored);
        var (names, shapes) = Count(stored, cleaned);
        if (prefix is not null)
            return Create(Written(stored, cleaned), []);

        // Names without a prefix come first: they are the architecture's own.
        var own = names.GetValueOrDefault("");
        var prefixes = names.Where(count => count.Key.Length > 0).OrderByDescending(count => count.Value).ToList();
        var best = prefixes.FirstOrDefault().Value;
        if (best <= own || best * 2 < Math.Min(needed, stored.Count))
            return Create("", []);
        var choices = Best(Best(prefixes, names), shapes);
        if (own > 0 && IsMixed(choices[0].Key))
            return Create("", []);
        return choices is [var only] ? Create(only.Key, []) : Create("", choices);

        // Whether some of the tensors have the prefix, and others are there without it only.
        bool IsMixed(string found)
        {
            var all = stored.Select(tensor => cleaned.GetValueOrDefault(tensor.Name, tensor.Name)).ToHashSet();
            return all.Any(name =>
                expected.TryGetValue(name, out var spec) && !spec.IsCounter && !all.Contains(found + name)
            );
        }

        NameMapping Create(string found, IReadOnlyList<KeyValuePair<string, int>> choices)
        {
            var fitting =
                choices.Count > 0
                    ? choices.Max(choice => shapes.GetValueOrDefault(choice.Key))
                    : shapes.GetValueOrDefault(found);
            var copies =
                prefix is null && found.Length == 0 && names.GetValueOrDefault("") == needed
                    ? names.Where(count => count.Key.Length > 0 && count.Value == needed).Select(count => count.Key)
                    : [];
            return new NameMapping(found, choices, fitting, fitting == needed, [.. copies], cleaned);
        }
    }

    /// <summary>
    /// The prefixes with which all of the architecture's tensors fit; if there are none, those with at least half as
    /// many as the best one.
    /// </summary>
    private List<KeyValuePair<string, int>> Best(
        List<KeyValuePair<string, int>> prefixes,
        Dictionary<string, int> counts
    )
    {
        var most = prefixes.Max(item => counts.GetValueOrDefault(item.Key));
        var least = most == needed ? most : (most + 1) / 2;
        return prefixes.FindAll(item => counts.GetValueOrDefault(item.Key) >= least);
    }

    /// <summary>The client's prefix as it is in the cleaned names.</summary>
    private string Written(
        IReadOnlyCollection<(string Name, IReadOnlyList<long> Shape)> stored,
        Dictionary<string, string> cleaned
    )
    {
        if (
            stored.Any(tensor =>
                cleaned.GetValueOrDefault(tensor.Name, tensor.Name).StartsWith(prefix!, StringComparison.Ordinal)
            )
        )
        {
            return prefix!;
        }

        return Clean(prefix + "_")[..^1];
    }

    /// <summary>
    /// Number of the tensors that have the name of one of the architecture's without a prefix, by the prefix; and of
    /// those that have its shape as well.
    /// </summary>
    private (Dictionary<string, int> Names, Dictionary<string, int> Shapes) Count(
        IReadOnlyCollection<(string Name, IReadOnlyList<long> Shape)> stored,
        Dictionary<string, string> cleaned
    )
    {
        var (names, shapes) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        var specs = expected.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var (original, shape) in stored)
        {
            var name = cleaned.GetValueOrDefault(original, original);
            for (var (start, dots) = (0, 0); dots <= MaxDots; dots++)
            {
                var rest = name.AsSpan(start);
                if (lengths.Contains(rest.Length) && specs.TryGetValue(rest, out var spec) && !spec.IsCounter)
                {
                    Add(names, name.AsSpan(0, start));
                    if (spec.Shape.SequenceEqual(shape))
                        Add(shapes, name.AsSpan(0, start));
                }

                var dot = rest.IndexOf('.');
                if (dot < 0)
                    break;
                start += dot + 1;
            }
        }

        return (names, shapes);

        static void Add(Dictionary<string, int> counts, ReadOnlySpan<char> prefix)
        {
            var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
            lookup[prefix] = lookup.TryGetValue(prefix, out var count) ? count + 1 : 1;
        }
    }

    /// <summary>The names without wrappers inside; only those that differ. Names that would be equal stay.</summary>
    private Dictionary<string, string> Clean(IReadOnlyCollection<(string Name, IReadOnlyList<long> Shape)> stored)
    {
        var changed = stored
            .Select(tensor => (tensor.Name, Cleaned: Clean(tensor.Name)))
            .Where(item => item.Cleaned != item.Name)
            .ToList();
        if (changed.Count == 0)
            return [];
        var names = stored.Select(tensor => tensor.Name).ToHashSet();
        return changed
            .DistinctBy(item => item.Name)
            .GroupBy(item => item.Cleaned)
            .Where(same => same.Count() == 1 && !names.Contains(same.Key))
            .ToDictionary(same => same.First().Name, same => same.Key);
    }

    /// <summary>
    /// A name without wrappers after its first other word, and with the names that torchvision gives to the layers of
    /// its old DenseNet files. Wrappers at the beginning are a prefix.
    /// </summary>
    private string Clean(string name)
    {
        if (expected.ContainsKey(name))
            return name;
        if (wrappers.Any(wrapper => name.Contains(wrapper, StringComparison.Ordinal)))
        {
            var words = name.Split('.');
            var first = Array.FindIndex(words, word => !wrappers.Contains(word));
            name = string.Join(
                '.',
                words.Where((word, i) => i <= first || i == words.Length - 1 || !wrappers.Contains(word))
            );
        }

        return name.Contains("denselayer", StringComparison.Ordinal) ? OldDenseNet().Replace(name, "$1$2") : name;
    }

    // torchvision's own pattern: norm.1 of its first DenseNet files is norm1 now.
    [GeneratedRegex(@"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))$")]
    private static partial Regex OldDenseNet();
}
