namespace ModelService.Models.Weights.Pickle;

// The values that a pickle can build here. Numbers, strings and booleans are .NET's own; None is null.

/// <summary>A tuple, which never changes.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>
/// A dict or OrderedDict. The pairs are in the order of the file, and a repeated key stays in the list, so that it can
/// be detected.
/// </summary>
internal sealed class PickleDict
{
    public List<KeyValuePair<object?, object?>> Items { get; } = [];
}

/// <summary>
/// A placeholder for a value that is not needed, such as an object of a class. Its content is dropped, and nothing can
/// be done with it except to build it, to update it and to append to it.
/// </summary>
/// <param name="Class">The class or function that the value comes from.</param>
/// <param name="IsTensor">Whether the value is a tensor of a kind that is not read.</param>
internal sealed record PickleOpaque(PickleGlobal Class, bool IsTensor = false)
{
    public static PickleOpaque Bytes { get; } = new(new PickleGlobal("", "bytes", PickleGlobalKind.Opaque));

    public static PickleOpaque Set { get; } = new(new PickleGlobal("", "a set", PickleGlobalKind.Opaque));

    /// <summary>The full name of the class.</summary>
    public string Name => Class.FullName;
}

/// <summary>A storage that tensors refer to, as the pickle declares it.</summary>
/// <param name="Key">Its name in the file. It is only compared, never used as a path.</param>
/// <param name="Type">The class of the storage.</param>
/// <param name="Count">Number of elements; number of bytes for an untyped storage.</param>
internal sealed record PickleStorage(string Key, PickleGlobal Type, long Count)
{
    /// <summary>Its element type; null for an untyped storage of bytes, and for types that are not read.</summary>
    public WeightsDtype? Dtype => Type.Dtype;

    /// <summary>Number of bytes that the storage must have in the file.</summary>
    public long ByteLength => Count * ElementSize;

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => Type.ElementSize;

    /// <summary>Whether two declarations of a storage agree.</summary>
    public bool Agrees(PickleStorage other) =>
        (Dtype, ElementSize, Count) == (other.Dtype, other.ElementSize, other.Count);
}

/// <summary>A part of a storage. Files from before PyTorch 0.4 can refer to such parts.</summary>
internal sealed record PickleStorageView(PickleStorage Storage, long Offset, long Count);

/// <summary>A tensor over a storage. Its elements were checked to be within the storage.</summary>
/// <param name="Storage">The storage of its elements.</param>
/// <param name="Dtype">Its element type.</param>
/// <param name="Offset">Number of storage elements before its first one.</param>
/// <param name="Geometry">Its sizes and strides.</param>
internal sealed record PickleTensor(PickleStorage Storage, WeightsDtype Dtype, long Offset, TensorGeometry Geometry)
{
    /// <summary>Bytes from the storage's beginning to the tensor's first element.</summary>
    public long ByteOffset => Offset * Dtype.Size();
}
