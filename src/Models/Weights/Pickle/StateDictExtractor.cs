namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Finds the state dict in the value of a pickle: the value itself, or one under a key that training scripts use.
/// </summary>
internal static class StateDictExtractor
{
    private const int ShownKeys = 5;

    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model", "net"];

    /// <summary>Finds the tensors of the state dict.</summary>
    /// <returns>
    /// The tensors by name, in file order, and the keys around them, joined by dots; null if there are no such keys.
    /// </returns>
    public static (IReadOnlyList<KeyValuePair<string, PickleTensor>> Tensors, string? Wrapper) Extract(
        object? root,
        WeightsLimits limits
    )
    {
        if (root is not PickleDict dict)
        {
            throw Unreadable.Because(
                $"The file holds {PickleCalls.Kind(root)}, not a state dict. Save model.state_dict()."
            );
        }

        var path = new List<string>();
        while (Unwrap(dict) is var (key, inner))
        {
            if (path.Count >= limits.MaxWrappers)
            {
                throw Unreadable.Because(
                    $"The weights are nested under more than {limits.MaxWrappers} keys ({string.Join('.', path)}...)."
                );
            }

            path.Add(key);
            dict = inner;
        }

        return (Tensors(dict), path.Count == 0 ? null : string.Join('.', path));
    }

    /// <summary>The wrapper key whose dict has tensors; otherwise the first wrapper key with a dict.</summary>
    private static (string Key, PickleDict Inner)? Unwrap(PickleDict dict)
    {
        (string Key, PickleDict Inner)? first = null;
        foreach (var key in Wrappers)
        {
            if (dict.Child(key) is not { } inner)
                continue;
            if (inner.Items.Exists(item => item.Value is PickleTensor))
                return (key, inner);
            first ??= (key, inner);
        }

        return first;
    }

    private static List<KeyValuePair<string, PickleTensor>> Tensors(PickleDict dict)
    {
        if (dict.Items.Count > 0 && !dict.Items.Exists(item => item.Value is PickleTensor))
            throw Unreadable.Because(NoTensors(dict));

        var tensors = new List<KeyValuePair<string, PickleTensor>>();
        foreach (var (key, value) in dict.Items)
        {
            if (key is not string name)
            {
                throw Unreadable.Because(
                    $"The state dict has {PickleCalls.Kind(key)} as a key; tensor names must be strings."
                );
            }

            if (value is not PickleTensor tensor)
            {
                throw Unreadable.Because(
                    $"The state dict holds {PickleCalls.Kind(value)} under {Unreadable.Quote(name)}, not a tensor."
                );
            }

            tensors.Add(new(name, tensor));
        }

        return tensors;
    }

    private static string NoTensors(PickleDict dict)
    {
        var keys = dict
            .Items.Take(ShownKeys)
            .Select(item => item.Key is string text ? Unreadable.Quote(text) : PickleCalls.Kind(item.Key));
        var more = dict.Items.Count > ShownKeys ? $" and {dict.Items.Count - ShownKeys} more" : "";
        return $"The file's dict has no tensors; its keys are {string.Join(", ", keys)}{more}. "
            + $"Tensors are looked for in the dict itself and under {string.Join(", ", Wrappers)}.";
    }
}
