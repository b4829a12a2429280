namespace ModelService.Models.Weights.Pickle;

// What a pickle can build here. Numbers, strings and truth values stand for themselves, None is null.

/// <summary>A tuple: never changed once built.</summary>
internal sealed record PickleTuple(object?[] Items);

/// <summary>A list.</summary>
internal sealed class PickleList
{
    public List<object?> Items { get; } = [];
}

/// <summary>A dict or OrderedDict: the pairs in the order they came, so a repeated key stands twice and can be seen.</summary>
internal sealed class PickleDict
{
    public List<KeyValuePair<object?, object?>> Items { get; } = [];

    /// <summary>What a text key holds, if it is another dict.</summary>
    public PickleDict? Child(string key) =>
        Items.FirstOrDefault(item => item.Key is string text && text == key).Value as PickleDict;
}

/// <summary>Something harmless of which nothing is needed: what is given to it is dropped.</summary>
internal sealed record PickleInert(string Name);

/// <summary>A storage that tensors refer to, as the pickle announces it.</summary>
/// <param name="Key">Its name in the file; only compared, never a path.</param>
/// <param name="Dtype">Its element type; null for one that has just bytes.</param>
/// <param name="Count">Elements, or bytes where there is no type.</param>
internal sealed record PickleStorage(string Key, WeightsDtype? Dtype, long Count)
{
    /// <summary>Bytes it must have in the file.</summary>
    public long ByteLength => Count * ElementSize;

    public int ElementSize => Dtype?.Size() ?? 1;
}

/// <summary>A part of a storage, which files before PyTorch 0.4 can refer to.</summary>
internal sealed record PickleStorageView(PickleStorage Storage, long Offset, long Count);

/// <summary>A tensor over a storage, inside of which it was found to be.</summary>
/// <param name="Storage">Where its elements are.</param>
/// <param name="Dtype">Its element type.</param>
/// <param name="Offset">Elements before its first one.</param>
/// <param name="Geometry">Its sizes and strides.</param>
internal sealed record PickleTensor(PickleStorage Storage, WeightsDtype Dtype, long Offset, TensorGeometry Geometry)
{
    /// <summary>Bytes from the storage's beginning to the tensor's first element.</summary>
    public long ByteOffset => Offset * Dtype.Size();
}
