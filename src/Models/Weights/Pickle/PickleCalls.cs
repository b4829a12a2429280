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
            PickleGlobalKind.RebuildTensor => TensorOfStorage(callee, arguments, ref input),
            PickleGlobalKind.RebuildTensorOfDtype => TensorOfDtype(callee, arguments, ref input),
            PickleGlobalKind.RebuildParameter => Parameter(callee, arguments, ref input),
            PickleGlobalKind.RebuildOtherTensor => new PickleOpaque(callee, IsTensor: true),
            PickleGlobalKind.Size => arguments is [PickleTuple sizes]
                ? sizes
                : throw input.Fault("torch.Size takes a tuple"),
            PickleGlobalKind.Opaque => new PickleOpaque(callee),
            _ => throw input.Fault($"{callee.FullName} is called, but no weights file needs that"),
        };

    /// <summary>
    /// The storage that a persistent id refers to. The id is <c>('storage', type, key, location, count)</c>; in legacy
    /// files a sixth item may describe a view of the storage.
    /// </summary>
    /// <param name="id">The persistent id.</param>
    /// <param name="storages">The storages so far, by key; a new one is added.</param>
    /// <param name="input">The pickle, for errors.</param>
    /// <returns>A <see cref="PickleStorage"/> or a <see cref="PickleStorageView"/>.</returns>
    public static object Storage(object? id, Dictionary<string, PickleStorage> storages, ref PickleInput input)
    {
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

    /// <summary>
    /// A parameter from the arguments <c>(tensor, requires_grad, backward_hooks)</c>, or with a fourth one: attributes
    /// in Python, which don't change the numbers.
    /// </summary>
    private static object Parameter(PickleGlobal callee, object?[] arguments, ref PickleInput input)
    {
        if (arguments is not [var data and (PickleTensor or PickleOpaque { IsTensor: true }), ..])
            throw input.Fault($"{callee.FullName} takes a tensor, not {Kind(arguments.FirstOrDefault())}");
        CheckTraining(callee, arguments, 1, ref input);
        var hasState = callee.Name.EndsWith("_with_state", StringComparison.Ordinal);
        if (arguments is not [_, _, _] && !(hasState && arguments is [_, _, _, PickleDict or PickleTuple or null]))
            throw NotUnderstood(callee, arguments.LastOrDefault(), ref input);
        return data;
    }

    private static object TensorOfDtype(PickleGlobal callee, object?[] arguments, ref PickleInput input)
    {
        if (arguments is not [_, _, _, _, _, _, PickleGlobal { Kind: PickleGlobalKind.Dtype } dtype, ..])
            throw input.Fault($"a tensor without a supported dtype; supported are {WeightsDtypes.Known}");
        CheckTraining(callee, arguments, 4, ref input);
        CheckMetadata(callee, arguments, 7, ref input);
        return Tensor(arguments, dtype, ref input);
    }

    /// <summary>
    /// A tensor from the arguments <c>(storage, offset, size, stride)</c>; since version 2, also <c>(requires_grad,
    /// backward_hooks, metadata)</c>, of which the last may be left out.
    /// </summary>
    private static object TensorOfStorage(PickleGlobal callee, object?[] arguments, ref PickleInput input)
    {
        if (arguments.Length > 4)
            CheckTraining(callee, arguments, 4, ref input);
        CheckMetadata(callee, arguments, 6, ref input);
        return Tensor(arguments, null, ref input);
    }

    /// <summary>
    /// Checks the two arguments that concern training: a boolean, and hooks, of which there must be none.
    /// </summary>
    private static void CheckTraining(PickleGlobal callee, object?[] arguments, int at, ref PickleInput input)
    {
        if (arguments.ElementAtOrDefault(at) is not (bool or null))
            throw NotUnderstood(callee, arguments[at], ref input);
        if (arguments.ElementAtOrDefault(at + 1) is not (PickleDict { Items.Count: 0 } or null))
            throw NotUnderstood(callee, arguments[at + 1], ref input);
    }

    /// <summary>
    /// Checks the last argument. It may say that the numbers of the storage are negated or conjugated, which is not
    /// read.
    /// </summary>
    private static void CheckMetadata(PickleGlobal callee, object?[] arguments, int at, ref PickleInput input)
    {
        if (arguments.Length > at + 1)
            throw NotUnderstood(callee, arguments[at + 1], ref input);
        var metadata = arguments.ElementAtOrDefault(at);
        if (metadata is null)
            return;
        if (metadata is not PickleDict { Items: var items })
            throw NotUnderstood(callee, metadata, ref input);
        foreach (var (key, value) in items)
        {
            if (value is false && key is "neg" or "conj")
                continue;
            throw key is "neg" or "conj" && value is true
                ? input.Fault(
                    $"a tensor has the {(key is "neg" ? "negative" : "conjugate")} bit, which is not read: "
                        + $"save tensor.resolve_{key}()"
                )
                : NotUnderstood(callee, key, ref input);
        }
    }

    private static Errors.ServingException NotUnderstood(
        PickleGlobal callee,
        object? argument,
        ref PickleInput input
    ) => input.Fault($"{callee.FullName} has an argument that is not understood: {Describe(argument)}");

    /// <summary>A tensor from its storage and geometry; opaque if its type is not read.</summary>
    private static object Tensor(object?[] arguments, PickleGlobal? dtype, ref PickleInput input)
    {
        if (arguments is not [var source, long offset, PickleTuple size, PickleTuple stride, ..])
            throw input.Fault("a tensor takes a storage, an offset, sizes and strides");
        var (storage, viewOffset, count) = source switch
        {
            PickleStorage whole => (whole, 0L, whole.Count),
            PickleStorageView view => (view.Storage, view.Offset, view.Count),
            _ => throw input.Fault($"a tensor takes a storage, not {Kind(source)}"),
        };

        if (storage.Type.IsOtherType)
            return new PickleOpaque(storage.Type, IsTensor: true);
        if (dtype?.IsOtherType ?? false)
            return new PickleOpaque(dtype, IsTensor: true);
        var element = dtype?.Dtype ?? storage.Dtype ?? throw input.Fault("a tensor over a storage without a type");
        if (element.Size() != storage.ElementSize)
        {
            if (source is PickleStorageView)
                throw input.Fault("a tensor over a view of a storage with another type");
            count = count * storage.ElementSize / element.Size();
        }

        if (offset < 0 || offset > count)
        {
            throw input.Fault(
                $"a tensor's offset of {offset} is outside of its storage {Unreadable.Quote(storage.Key)}, "
                    + $"which has {count} elements"
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
            : new PickleTensor(storage, element, viewOffset + offset, geometry);
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
                : throw input.Fault($"a tensor's sizes or strides contain {Kind(tuple.Items[i])}");
        }

        return numbers;
    }

    /// <summary>
    /// A value for messages: strings and numbers as they are, a tuple by its items, any other by its kind.
    /// </summary>
    private static string Describe(object? value)
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
