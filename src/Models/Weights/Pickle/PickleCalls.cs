using System.Globalization;

namespace ModelService.Models.Weights.Pickle;

/// <summary>What the few globals that can be called give. The arguments come from the file: each is looked at before it is used.</summary>
internal static class PickleCalls
{
    /// <summary>Keys are numbers in practice. Without a limit, looking up a long one again and again would take forever.</summary>
    private const int MaxKeyLength = 256;

    private const int MostShown = 6;

    public static object? Call(PickleGlobal callee, object?[] arguments, ref PickleInput input) =>
        callee.Kind switch
        {
            PickleGlobalKind.OrderedDict => OrderedDict(arguments, ref input),
            PickleGlobalKind.RebuildTensor => Tensor(arguments, null, ref input),
            PickleGlobalKind.RebuildTensorOfDtype => TensorOfDtype(arguments, ref input),
            PickleGlobalKind.RebuildParameter => arguments is [PickleTensor tensor, ..]
                ? tensor
                : throw input.Fault($"{callee.Name} takes a tensor, but it got {Kind(arguments.FirstOrDefault())}"),
            PickleGlobalKind.Size => arguments is [PickleTuple sizes]
                ? sizes
                : throw input.Fault("torch.Size takes a tuple"),
            PickleGlobalKind.Inert => new PickleInert(callee.Name),
            _ => throw input.Fault($"{callee.Name} is called, which no weights file needs"),
        };

    /// <summary>A persistent id: <c>('storage', type, key, location, count)</c>, and in legacy files a sixth item for views.</summary>
    public static object Storage(object? id, Dictionary<string, PickleStorage> known, ref PickleInput input)
    {
        if (
            id is not PickleTuple { Items.Length: <= 6, Items: var items }
            || items
                is not ["storage", PickleGlobal { Kind: PickleGlobalKind.Storage } type, string key, _, long count, ..]
        )
        {
            throw input.Fault(
                $"the persistent id {Show(id)} names no storage; it must be ('storage', type, key, location, size)"
            );
        }

        if (key.Length > MaxKeyLength)
            throw input.Fault($"the key {Unreadable.Quote(key)} of a storage is longer than {MaxKeyLength}");
        if (count < 0 || count > long.MaxValue / 8)
            throw input.Fault($"the storage {Unreadable.Quote(key)} says it has {count} elements");

        var storage = new PickleStorage(key, type.Dtype, count);
        if (!known.TryAdd(key, storage) && known[key] != storage)
        {
            var before = known[key];
            throw input.Fault(
                $"the storage {Unreadable.Quote(key)} is said to be {count} x {Name(storage)} here and "
                    + $"{before.Count} x {Name(before)} before"
            );
        }

        return items is [.., PickleTuple view] ? View(storage, view, ref input) : known[key];
    }

    /// <summary>A word for a value, for sentences.</summary>
    public static string Kind(object? value) =>
        value switch
        {
            null => "None",
            string => "a string",
            bool => "a truth value",
            long or double or System.Numerics.BigInteger => "a number",
            PickleTuple => "a tuple",
            PickleList => "a list",
            PickleDict => "a dict",
            PickleTensor => "a tensor",
            PickleStorage or PickleStorageView => "a storage",
            PickleGlobal global => global.Name,
            PickleInert inert => inert.Name,
            _ => "something else",
        };

    /// <summary>Empty, or from a list of pairs as Python 2 wrote it.</summary>
    private static PickleDict OrderedDict(object?[] arguments, ref PickleInput input)
    {
        var dict = new PickleDict();
        if (arguments.Length == 0)
            return dict;
        if (arguments is not [PickleList pairs])
            throw input.Fault("collections.OrderedDict takes nothing or a list of pairs");
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
                throw input.Fault("collections.OrderedDict takes nothing or a list of pairs");
            dict.Items.Add(new(key, value));
        }

        return dict;
    }

    private static PickleTensor TensorOfDtype(object?[] arguments, ref PickleInput input) =>
        arguments is [_, _, _, _, _, _, PickleGlobal { Kind: PickleGlobalKind.Dtype } dtype, ..]
            ? Tensor(arguments, dtype.Dtype, ref input)
            : throw input.Fault($"a tensor without a dtype that is read; read are {WeightsDtypes.Known}");

    /// <summary><c>(storage, offset, size, stride, ...)</c>; what follows is about training.</summary>
    private static PickleTensor Tensor(object?[] arguments, WeightsDtype? dtype, ref PickleInput input)
    {
        if (arguments is not [var source, long offset, PickleTuple size, PickleTuple stride, ..])
            throw input.Fault("a tensor takes a storage, an offset, sizes and strides");
        var (storage, before, count) = source switch
        {
            PickleStorage whole => (whole, 0L, whole.Count),
            PickleStorageView view => (view.Storage, view.Offset, view.Count),
            _ => throw input.Fault($"a tensor takes a storage, but it got {Kind(source)}"),
        };

        var element = dtype ?? storage.Dtype ?? throw input.Fault("a tensor over a storage without a type");
        if (element.Size() != storage.ElementSize)
        {
            if (source is PickleStorageView)
                throw input.Fault("a tensor over a view of a storage with another type");
            count = count * storage.ElementSize / element.Size();
        }

        if (offset < 0 || offset > count)
        {
            throw input.Fault(
                $"a tensor's offset of {offset} is outside of its storage {Unreadable.Quote(storage.Key)} of {count} elements"
            );
        }

        var geometry = TensorGeometry.Strided(
            Numbers(size, ref input),
            Numbers(stride, ref input),
            count - offset,
            out var fault
        );
        return geometry is null
            ? throw input.Fault($"a tensor over the storage {Unreadable.Quote(storage.Key)} has {fault}")
            : new PickleTensor(storage, element, before + offset, geometry);
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

    private static long[] Numbers(PickleTuple tuple, ref PickleInput input)
    {
        input.Charge(tuple.Items.Length);
        var numbers = new long[tuple.Items.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = tuple.Items[i] is long number
                ? number
                : throw input.Fault($"a tensor's sizes hold {Kind(tuple.Items[i])}");
        }

        return numbers;
    }

    /// <summary>A value itself where it is short, without what is in its items.</summary>
    private static string Show(object? value)
    {
        return value is PickleTuple { Items: var items }
            ? $"({string.Join(", ", items.Take(MostShown).Select(Item))}{(items.Length > MostShown ? ", ..." : "")})"
            : Item(value);

        static string Item(object? item) =>
            item switch
            {
                string text => Unreadable.Quote(text),
                long number => number.ToString(CultureInfo.InvariantCulture),
                _ => Kind(item),
            };
    }

    private static string Name(PickleStorage storage) => storage.Dtype?.Text() ?? "byte";
}
