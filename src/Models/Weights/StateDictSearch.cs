using ModelService.Models.Tensors;
using ModelService.Models.Weights.Pickle;

namespace ModelService.Models.Weights;

/// <summary>
/// Finds the state dict in the value of a pickle: the value itself, or a dict in it under any key. If several dicts
/// hold tensors, the one that fits the network is taken.
/// </summary>
/// <param name="network">The network's tensors; null: the dict with most tensors is taken.</param>
/// <param name="terms">The client's choices; null for none.</param>
internal sealed class StateDictSearch(IReadOnlyList<TensorSpec>? network = null, WeightsTerms? terms = null)
{
    /// <summary>The name of the file's own dict among the client's choices.</summary>
    public const string Root = ".";

    private const int ShownKeys = 5;
    private const int MaxListDepth = 8;
    private const int MaxListItems = 256;

    private readonly NameMapper? names = network is null ? null : new NameMapper(network, terms?.Prefix);

    /// <summary>Finds the state dict.</summary>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: there is none, or several of which the client must choose one.
    /// </exception>
    public FoundStateDict Find(object? root, WeightsLimits limits)
    {
        if (root is not PickleDict dict)
            throw Unreadable.Because(NoDict(root));
        var candidates = Candidates(dict, limits, out var tooDeep);
        if (terms?.StateDict is { } name)
            return Read(Choose(Named(candidates, name), limits));
        if (candidates.Count > 0)
            return Read(Choose(candidates, limits));
        if (dict.Items.Count == 0)
            return Read(new StateDictNode(dict));
        throw Unreadable.Because(
            tooDeep is null
                ? NoTensors(dict)
                : $"The weights are nested under more than {limits.MaxWrappers} keys ({tooDeep}...)."
        );
    }

    /// <summary>Refuses the name of a state dict for a file that can't have several.</summary>
    public void ThrowIfNamed()
    {
        if (terms?.StateDict is not (null or Root))
            throw Unreadable.Because("The file has no state dicts with names: leave out state_dict.");
    }

    /// <summary>
    /// The dicts that hold tensors, in the order of their depth. Only keys that are strings are followed; the state of
    /// an optimizer is under numbers.
    /// </summary>
    private static List<StateDictNode> Candidates(PickleDict root, WeightsLimits limits, out string? tooDeep)
    {
        tooDeep = null;
        var found = new List<StateDictNode>();
        var seen = new HashSet<PickleDict>(ReferenceEqualityComparer.Instance) { root };
        var nodes = new Queue<StateDictNode>([new StateDictNode(root)]);
        while (nodes.TryDequeue(out var node))
        {
            if (node.Tensors > 0)
                found.Add(node);
            foreach (var (key, value) in node.Dict.Items)
            {
                if (key is not string text || value is not PickleDict child || !seen.Add(child))
                    continue;
                var next = new StateDictNode(child, text, node);
                if (next.Depth > limits.MaxWrappers)
                    tooDeep ??= node.Path;
                else
                    nodes.Enqueue(next);
            }
        }

        return found;
    }

    private static List<StateDictNode> Named(List<StateDictNode> candidates, string name)
    {
        var named = candidates.FindAll(node => node.IsUnder(name));
        return named.Count > 0
            ? named
            : throw Unreadable.Because(
                candidates.Count == 0
                    ? "The file has no state dict: no dict in it holds tensors."
                    : $"The file has no state dict {Unreadable.Quote(name)}. It has {Describe(candidates)}."
            );
    }

    /// <summary>
    /// The dict that fits the network best. A dict that fits half as well is one too, unless the other one fits
    /// completely.
    /// </summary>
    private StateDictNode Choose(List<StateDictNode> candidates, WeightsLimits limits)
    {
        if (candidates is [var only])
            return only;
        var fits = candidates.ConvertAll(node => (Node: node, Mapping: names?.Map(node.Names(limits))));
        var complete = fits.FindAll(fit => fit.Mapping is { IsComplete: true, Fitting: > 0 });
        var best = complete.Count > 0 ? 0 : fits.Max(fit => fit.Mapping?.Fitting ?? 0);
        var most = candidates.Max(node => node.Readable);
        List<StateDictNode> rest =
            complete.Count > 0 ? complete.ConvertAll(fit => fit.Node)
            : best > 0 ? fits.FindAll(fit => fit.Mapping!.Fitting * 2 >= best).ConvertAll(fit => fit.Node)
            : candidates.FindAll(node => node.Readable * 2 >= most);
        return rest is [var chosen]
            ? chosen
            : throw Unreadable.Because(
                $"The file has several state dicts: {Describe(rest)}. "
                    + $"Choose one in the query (state_dict={Unreadable.Shorten(rest[0].Path)}, for instance)."
            );
    }

    private static FoundStateDict Read(StateDictNode node)
    {
        var tensors = new List<KeyValuePair<string, PickleTensor>>();
        var skipped = new List<SkippedEntry>();
        foreach (var (key, value) in node.Dict.Items)
        {
            if (value is PickleTensor tensor)
            {
                var name =
                    key as string
                    ?? throw Unreadable.Because(
                        $"The state dict has {PickleCalls.Kind(key)} as a key; tensor names must be strings."
                    );
                tensors.Add(new(name, tensor));
            }
            else if (IsTooDeep(value))
            {
                throw Unreadable.Because(
                    $"The state dict holds lists that are nested more than {MaxListDepth} times under {Quote(key)}."
                );
            }
            else
            {
                skipped.Add(new SkippedEntry(key as string ?? PickleCalls.Kind(key), PickleCalls.Kind(value)));
            }
        }

        return new FoundStateDict(tensors, node.Parent is null ? null : Unreadable.Shorten(node.Path), skipped);
    }

    /// <summary>
    /// Whether lists or tuples are nested without end. Of each value, only the first items are looked at.
    /// </summary>
    private static bool IsTooDeep(object? value)
    {
        var left = MaxListItems;
        return Visit(value, 0);

        bool Visit(object? item, int depth)
        {
            IList<object?> items = item switch
            {
                PickleList list => list.Items,
                PickleTuple tuple => tuple.Items,
                _ => [],
            };
            if (items.Count == 0)
                return false;
            for (var i = 0; i < items.Count && left-- > 0; i++)
            {
                if (depth >= MaxListDepth || Visit(items[i], depth + 1))
                    return true;
            }

            return false;
        }
    }

    private static string NoDict(object? root) =>
        root is PickleOpaque { IsTensor: false } whole
            ? $"The file holds a whole object of class {Quote(whole.Name)}, not just weights, and loading it would "
                + "execute its code. Save model.state_dict() instead: torch.save(model.state_dict(), path)."
            : $"The file holds {PickleCalls.Kind(root)}, not a state dict. Save model.state_dict().";

    private static string NoTensors(PickleDict dict)
    {
        var keys = dict
            .Items.Take(ShownKeys)
            .Select(item => item.Key is string text ? Unreadable.Quote(text) : PickleCalls.Kind(item.Key));
        var more = dict.Items.Count > ShownKeys ? $" and {dict.Items.Count - ShownKeys} more" : "";
        var whole = dict.Items.FirstOrDefault(item => item.Value is PickleOpaque { IsTensor: false });
        var advice = whole.Value is PickleOpaque { Name: var type }
            ? $" Under {Quote(whole.Key)} is an object of class {Quote(type)}: if it is the model, save its "
                + "state_dict() instead."
            : "";
        return $"No dict in the file has tensors; the keys of the first one are {string.Join(", ", keys)}{more}."
            + advice;
    }

    private static string Describe(List<StateDictNode> nodes)
    {
        var shown = nodes
            .Take(ShownKeys)
            .Select(node => $"{Unreadable.Quote(node.Path)} ({node.Tensors} tensor{(node.Tensors == 1 ? "" : "s")})");
        return string.Join(", ", shown) + (nodes.Count > ShownKeys ? $" and {nodes.Count - ShownKeys} more" : "");
    }

    private static string Quote(object? key) => Unreadable.Quote(key as string ?? PickleCalls.Kind(key));

    /// <summary>A dict of the pickle and the keys that lead to it.</summary>
    private sealed class StateDictNode(PickleDict dict, string key = "", StateDictNode? parent = null)
    {
        public PickleDict Dict => dict;

        public StateDictNode? Parent => parent;

        public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

        /// <summary>Number of tensors directly in the dict, also of those that can't be read.</summary>
        public int Tensors { get; } =
            dict.Items.Count(item => item.Value is PickleTensor or PickleOpaque { IsTensor: true });

        /// <summary>Number of tensors directly in the dict that can be read.</summary>
        public int Readable { get; } = dict.Items.Count(item => item.Value is PickleTensor);

        /// <summary>The keys, joined by dots. The text is made on demand: keys may be long.</summary>
        public string Path =>
            parent is null ? Root
            : parent.Parent is null ? key
            : $"{Unreadable.Shorten(parent.Path)}.{key}";

        /// <summary>Whether a name is that of the dict or of one around it.</summary>
        public bool IsUnder(string name) => Is(name) || (name != Root && parent is not null && parent.IsUnder(name));

        public List<(string Name, IReadOnlyList<long> Shape)> Names(WeightsLimits limits) =>
            [
                .. dict
                    .Items.Where(item =>
                        item is { Key: string name, Value: PickleTensor } && name.Length <= limits.MaxNameBytes
                    )
                    .Take(limits.MaxTensors)
                    .Select(item =>
                        ((string)item.Key!, (IReadOnlyList<long>)((PickleTensor)item.Value!).Geometry.Shape)
                    )
                    .DistinctBy(item => item.Item1),
            ];

        private bool Is(ReadOnlySpan<char> name)
        {
            if (parent is null)
                return name.SequenceEqual(Root);
            if (parent.Parent is null)
                return name.SequenceEqual(key);
            var rest = name.Length - key.Length - 1;
            return rest > 0 && name[rest] == '.' && name.EndsWith(key) && parent.Is(name[..rest]);
        }
    }
}

/// <summary>A state dict in a pickle.</summary>
/// <param name="Tensors">The tensors by name, in file order.</param>
/// <param name="Path">The keys around the dict, joined by dots; null if there are none.</param>
/// <param name="Skipped">Its entries that are not tensors, or not of a kind that is read.</param>
internal sealed record FoundStateDict(
    IReadOnlyList<KeyValuePair<string, PickleTensor>> Tensors,
    string? Path,
    IReadOnlyList<SkippedEntry> Skipped
);
