namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// The tensors that PyTorch's functions make. An argument that is not understood is a reason to refuse the file: it
/// could change the numbers.
/// </summary>
internal static class PickleTensors
{
    /// <summary>
    /// A parameter from the arguments <c>(tensor, requires_grad, backward_hooks)</c>, or with a fourth one: attributes
    /// in Python, which don't change the numbers.
    /// </summary>
    public static object Parameter(PickleGlobal callee, object?[] arguments, ref PickleInput input)
    {
        if (arguments is not [var data and (PickleTensor or PickleOpaque { IsTensor: true }), ..])
            throw input.Fault($"{callee.FullName} takes a tensor, not {PickleCalls.Kind(arguments.FirstOrDefault())}");
        CheckTraining(callee, arguments, 1, ref input);
        var hasState = callee.Name.EndsWith("_with_state", StringComparison.Ordinal);
        if (arguments is not [_, _, _] && !(hasState && arguments is [_, _, _, PickleDict or PickleTuple or null]))
            throw NotUnderstood(callee, arguments.LastOrDefault(), ref input);
        return data;
    }

    public static object OfDtype(PickleGlobal callee, object?[] arguments, ref PickleInput input)
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
    public static object OfStorage(PickleGlobal callee, object?[] arguments, ref PickleInput input)
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
    ) => input.Fault($"{callee.FullName} has an argument that is not understood: {PickleCalls.Describe(argument)}");

    /// <summary>A tensor from its storage and geometry; opaque if its type is not read.</summary>
    private static object Tensor(object?[] arguments, PickleGlobal? dtype, ref PickleInput input)
    {
        if (arguments is not [var source, long offset, PickleTuple size, PickleTuple stride, ..])
            throw input.Fault("a tensor takes a storage, an offset, sizes and strides");
        var (storage, viewOffset, count) = source switch
        {
            PickleStorage whole => (whole, 0L, whole.Count),
            PickleStorageView view => (view.Storage, view.Offset, view.Count),
            _ => throw input.Fault($"a tensor takes a storage, not {PickleCalls.Kind(source)}"),
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

    private static long[] Numbers(PickleTuple tuple, ref PickleInput input)
    {
        input.Charge(tuple.Items.Length);
        var numbers = new long[tuple.Items.Length];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = tuple.Items[i] is long number
                ? number
                : throw input.Fault($"a tensor's sizes or strides contain {PickleCalls.Kind(tuple.Items[i])}");
        }

        return numbers;
    }
}
