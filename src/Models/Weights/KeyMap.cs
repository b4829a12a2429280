using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Models.Tensors;

namespace ModelService.Models.Weights;

/// <summary>
/// The names that another project, or an earlier version of torchvision, gives to the tensors of a predefined network:
/// the data files in the folder <c>KeyMaps</c>.
/// </summary>
internal sealed class KeyMap
{
    private const string Extension = ".keymap";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    private readonly Definition definition;
    private readonly Lazy<IReadOnlyList<(Regex From, string To, int? Part)>> rules; // few maps are ever needed

    private KeyMap(Definition definition)
    {
        this.definition = definition;

        // Names come from clients. No rule repeats a group, so that a match takes a time that grows with the name's
        // length and not with its power; RegexOptions.NonBacktracking takes megabytes for each rule.
        rules = new Lazy<IReadOnlyList<(Regex, string, int?)>>(() =>
            [
                .. definition.Renames.Select(rule =>
                    (new Regex($"^(?:{rule.From})$", RegexOptions.CultureInvariant), rule.To, rule.Part)
                ),
            ]
        );
    }

    /// <summary>All maps.</summary>
    public static IReadOnlyList<KeyMap> All { get; } = [.. Read()];

    /// <summary>Whose names these are, such as <c>timm's ConvNeXt</c>.</summary>
    public string Of => definition.Of;

    /// <summary>What the map can't change, in a sentence; null for nothing.</summary>
    public string? Note => definition.Note;

    /// <summary>Whether a network of these names can be meant.</summary>
    internal bool FitsOneOf(IReadOnlySet<string> names) => names.Contains(definition.NetworkHas);

    /// <summary>Finds the map that fits a network and a file by their names; null when there is none.</summary>
    /// <param name="expected">The network's tensors.</param>
    /// <param name="stored">The file's tensors.</param>
    public static KeyMap? Find(IReadOnlyList<TensorSpec> expected, IReadOnlyList<StoredTensor> stored)
    {
        var needed = expected.Select(spec => spec.Name).ToHashSet();
        return All.FirstOrDefault(map =>
            needed.Contains(map.definition.NetworkHas)
            && !needed.Contains(map.definition.FileHas)
            && map.PrefixIn(stored) is not null
        );
    }

    /// <summary>Renames the tensors of a file, and joins those that are parts of one.</summary>
    /// <param name="stored">The file's tensors.</param>
    /// <param name="expected">The network's tensors, whose shape a tensor of as many numbers takes.</param>
    /// <returns>The tensors under the network's names, and what was renamed.</returns>
    public (IReadOnlyList<StoredTensor> Tensors, IReadOnlyList<RenamedTensor> Renamed) Apply(
        IReadOnlyList<StoredTensor> stored,
        IReadOnlyList<TensorSpec> expected
    )
    {
        var prefix = PrefixIn(stored) ?? "";
        var shapes = expected.ToDictionary(spec => prefix + spec.Name, spec => spec.Shape);
        var (tensors, renamed) = (new List<StoredTensor>(), new List<RenamedTensor>());
        var parts = new Dictionary<string, SortedDictionary<int, StoredTensor>>();
        foreach (var tensor in stored)
        {
            if (Find(tensor.Name, prefix) is not { } found)
            {
                tensors.Add(tensor);
                continue;
            }

            renamed.Add(new RenamedTensor(tensor.Name, found.To));
            if (found.Part is { } part)
                (parts.TryGetValue(found.To, out var known) ? known : parts[found.To] = [])[part] = tensor;
            else
                tensors.Add(Fitted(tensor.Named(found.To)));
        }

        tensors.AddRange(parts.Select(item => Fitted(StoredTensor.Joined(item.Key, [.. item.Value.Values]))));
        return (tensors, renamed);

        StoredTensor Fitted(StoredTensor tensor) =>
            shapes.TryGetValue(tensor.Name, out var shape)
            && Shape.Product(shape) == tensor.ElementCount
            && !shape.SequenceEqual(tensor.Shape)
                ? tensor.Reshaped(shape)
                : tensor;
    }

    private (string To, int? Part)? Find(string name, string prefix)
    {
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var rest = name[prefix.Length..];
        foreach (var (from, to, part) in rules.Value)
        {
            if (from.Match(rest) is { Success: true } match)
                return (prefix + match.Result(to), part);
        }

        return null;
    }

    // What stands before the map's own names, such as "module."; null when the file has none of them.
    private string? PrefixIn(IReadOnlyList<StoredTensor> stored) =>
        stored
            .Select(tensor => tensor.Name)
            .Where(name =>
                name.EndsWith(definition.FileHas, StringComparison.Ordinal)
                && (name.Length == definition.FileHas.Length || name[^(definition.FileHas.Length + 1)] == '.')
            )
            .Select(name => name[..^definition.FileHas.Length])
            .FirstOrDefault();

    private static IEnumerable<KeyMap> Read()
    {
        var assembly = typeof(KeyMap).Assembly;
        foreach (
            var resource in assembly
                .GetManifestResourceNames()
                .Where(name => name.EndsWith(Extension, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            yield return new KeyMap(JsonSerializer.Deserialize<Definition>(stream, Options)!);
        }
    }

    /// <summary>A map as its file has it.</summary>
    /// <param name="Of">Whose names these are.</param>
    /// <param name="Source">Where that project's names are from.</param>
    /// <param name="NetworkHas">A name that the network must have.</param>
    /// <param name="FileHas">A name that the file must have.</param>
    /// <param name="Renames">The rules; the first one that matches a whole name counts.</param>
    /// <param name="Note">What the map can't change.</param>
    private sealed record Definition(
        string Of,
        string Source,
        string NetworkHas,
        string FileHas,
        IReadOnlyList<Rule> Renames,
        string? Note = null
    );

    /// <summary>A rule of a map.</summary>
    /// <param name="From">Regular expression of names in the file.</param>
    /// <param name="To">The network's name, with groups as <c>$1</c>.</param>
    /// <param name="Part">Its place among the parts that are joined into one tensor; null: it is the whole.</param>
    private sealed record Rule(string From, string To, int? Part = null);
}
