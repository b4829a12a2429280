using System.Globalization;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// The results of calling the few globals that can be called. The arguments come from the file, so each is checked
/// before use.
/// </summary>
internal static class PickleCalls
{
    /// <summary>
    /// Longest key of a storage. Keys are short numbers in practice; without a limit, a file could have a long key
    /// looked up again and again, which would take very long.
    /// </summary>
    private const int MaxKeyLength = 256;

    private const int MaxShownItems = 6;

    /// <summary>The value of a call of a global.</summary>
    public static object? Call(PickleGlobal callee, object?[] arguments, ref PickleInput input) =>
        callee.Kind switch
        {
            PickleGlobalKind.OrderedDict => OrderedDict(arguments, ref input),
            PickleGlobalKind.RebuildTensor => PickleTensors.OfStorage(callee, arguments, ref input),
            PickleGlobalKind.RebuildTensorOfDtype => PickleTensors.OfDtype(callee, arguments, ref input),
            PickleGlobalKind.RebuildParameter => PickleTensors.Parameter(callee, arguments, ref input),
            PickleGlobalKind.RebuildOtherTensor => new PickleOpaque(callee, IsTensor: true),
            PickleGlobalKind.Size => arguments is [PickleTuple sizes]
                ? sizes
                : throw input.Fault("torch.Size takes a tuple"),
            PickleGlobalKind.Attribute => Attribute(callee, arguments, ref input),
            PickleGlobalKind.Opaque => new PickleOpaque(callee),
            _ => throw input.Fault($"{callee.FullName} is called, but no weights file needs that"),
        };

    /// <summary>
    /// The storage, or class, that a persistent id refers to. The id is <c>('storage', type, key, location, count)</c>;
    /// in legacy files a sixth item may describe a view of the storage. Legacy files also refer to classes of modules,
    /// with their source code: <c>('module', class, file, code)</c>.
    /// </summary>
    /// <param name="id">The persistent id.</param>
    /// <param name="storages">The storages so far, by key; a new one is added.</param>
    /// <param name="input">The pickle, for errors.</param>
    /// <returns>
    /// A <see cref="PickleStorage"/>, a <see cref="PickleStorageView"/> or a <see cref="PickleGlobal"/>.
    /// </returns>
    public static object Storage(object? id, Dictionary<string, PickleStorage> storages, ref PickleInput input)
    {
        if (
            id is PickleTuple
            {
                Items: ["module", PickleGlobal { Kind: PickleGlobalKind.Opaque } module, string, string]
            }
        )
        {
            return module;
        }

        if (
            id is not PickleTuple { Items.Length: <= 6, Items: var items }
            || items
                is not ["storage", PickleGlobal { Kind: PickleGlobalKind.Storage } type, string key, _, long count, ..]
        )
        {
            throw input.Fault(
                $"the persistent id {Describe(id)} doesn't refer to a storage; "
                    + "it must be ('storage', type, key, location, size)"
            );
        }

        if (key.Length > MaxKeyLength)
            throw input.Fault($"the key {Unreadable.Quote(key)} of a storage is longer than {MaxKeyLength} characters");
        if (count < 0 || count > long.MaxValue / 16)
            throw input.Fault($"the storage {Unreadable.Quote(key)} claims to have {count} elements");

        var storage = new PickleStorage(key, type, count);
        if (!storages.TryAdd(key, storage) && !storages[key].Agrees(storage))
        {
            var previous = storages[key];
            throw input.Fault(
                $"the storage {Unreadable.Quote(key)} is declared as {count} x {TypeName(storage)} here, but as "
                    + $"{previous.Count} x {TypeName(previous)} before"
            );
        }

        return items is [.., PickleTuple view] ? View(storage, view, ref input) : storages[key];
    }

    /// <summary>A noun for a value, for messages.</summary>
    public static string Kind(object? value) =>
        value switch
        {
            null => "None",
            string => "a string",
            bool => "a boolean",
            long or double or System.Numerics.BigInteger => "a number",
            PickleTuple => "a tuple",
            PickleList => "a list",
            PickleDict => "a dict",
            PickleTensor => "a tensor",
            PickleStorage or PickleStorageView => "a storage",
            PickleGlobal global => Unreadable.Shorten(global.FullName),
            PickleOpaque { IsTensor: true, Class: var kind } => kind.Noun ?? $"a tensor of type {kind.FullName}",
            PickleOpaque { Class.Module: "", Name: var noun } => noun,
            PickleOpaque opaque => $"an object of class {Unreadable.Shorten(opaque.Name)}",
            _ => "a value of another kind",
        };

    /// <summary>
    /// The member of an enumeration, as Python 3.11 writes it: <c>getattr(class, name)</c>. Nothing is looked up.
    /// </summary>
    private static PickleOpaque Attribute(PickleGlobal callee, object?[] arguments, ref PickleInput input) =>
        arguments is [PickleGlobal { Kind: PickleGlobalKind.Opaque } type, string name]
        && OpaqueGlobals.IsMember(type.Module, name)
            ? new PickleOpaque(type)
            : throw input.Fault(PickleGlobals.Refusal(callee.Module, callee.Name));

    /// <summary>An empty dict, or one from a list of pairs, as Python 2 wrote it.</summary>
    private static PickleDict OrderedDict(object?[] arguments, ref PickleInput input)
    {
        var dict = new PickleDict();
        if (arguments.Length == 0)
            return dict;
        if (arguments is not [PickleList pairs])
            throw input.Fault("collections.OrderedDict takes no argument or a list of pairs");
        input.Charge(pairs.Items.Count);
        foreach (var pair in pairs.Items)
        {
            var items = pair switch
            {
                PickleList list => list.Items,
                PickleTuple tuple => tuple.Items,
                _ => (IList<object?>)[],
            };
            if (items is not [var key, var value])
                throw input.Fault("collections.OrderedDict takes no argument or a list of pairs");
            dict.Items.Add(new(key, value));
        }

        return dict;
    }

    private static PickleStorageView View(PickleStorage storage, PickleTuple view, ref PickleInput input)
    {
        if (view.Items is not [_, long offset, long count])
            throw input.Fault("a view of a storage takes a key, an offset and a size");
        if (offset < 0 || count < 0 || offset > storage.Count || count > storage.Count - offset)
        {
            throw input.Fault(
                $"a view of {count} elements from {offset} on is outside of its storage of {storage.Count}"
            );
        }

        return new PickleStorageView(storage, offset, count);
    }

    /// <summary>
    /// A value for messages: strings and numbers as they are, a tuple by its items, any other by its kind.
    /// </summary>
    public static string Describe(object? value)
    {
        if (value is not PickleTuple { Items: var items })
            return Item(value);
        var more = items.Length > MaxShownItems ? ", ..." : "";
        return $"({string.Join(", ", items.Take(MaxShownItems).Select(Item))}{more})";

        static string Item(object? item) =>
            item switch
            {
                string text => Unreadable.Quote(text),
                long number => number.ToString(CultureInfo.InvariantCulture),
                _ => Kind(item),
            };
    }

    private static string TypeName(PickleStorage storage) => storage.Dtype?.Text() ?? storage.Type.FullName;
}
