namespace ModelService.Models.Weights;

/// <summary>
/// A tensor in a weights file. Its elements stay in the file until they are copied. It is valid while the file is open.
/// </summary>
public sealed class StoredTensor
{
    private readonly MappedBytes bytes;
    private readonly long offset;
    private readonly TensorGeometry geometry;
    private readonly IReadOnlyList<StoredTensor>? parts;
    private readonly Func<float[], float[]>? compute;

    /// <summary>
    /// Describes a tensor whose first element is at a byte offset. The caller has checked that all elements are within
    /// the bytes.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="dtype">The element type.</param>
    /// <param name="geometry">The places of the elements.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="offset">Place of the first element, in bytes.</param>
    /// <param name="shape">The sizes, where they are not those of the geometry.</param>
    /// <param name="parts">Tensors whose elements follow one another, instead of those of the geometry.</param>
    /// <param name="compute">Makes the elements of those of the parts; null: they stay.</param>
    internal StoredTensor(
        string name,
        WeightsDtype dtype,
        TensorGeometry geometry,
        MappedBytes bytes,
        long offset,
        IReadOnlyList<long>? shape = null,
        IReadOnlyList<StoredTensor>? parts = null,
        Func<float[], float[]>? compute = null
    )
    {
        Shape = shape ?? geometry.Shape;
        this.parts = parts;
        this.compute = compute;
        ElementCount = compute is null
            ? parts?.Sum(part => part.ElementCount) ?? geometry.ElementCount
            : Tensors.Shape.Product(Shape);
        Name = name;
        Dtype = dtype;
        this.geometry = geometry;
        this.bytes = bytes;
        this.offset = offset;
    }

    /// <summary>The name in the file, with any prefix.</summary>
    public string Name { get; }

    /// <summary>The element type in the file.</summary>
    public WeightsDtype Dtype { get; }

    /// <summary>The sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The product of the sizes; at most 2^31 - 1.</summary>
    public long ElementCount { get; }

    internal TensorGeometry Geometry => geometry;

    /// <summary>The same elements under another name.</summary>
    internal StoredTensor Named(string name) => new(name, Dtype, geometry, bytes, offset, Shape, parts, compute);

    /// <summary>The same elements in row-major order, with other sizes of the same product.</summary>
    internal StoredTensor Reshaped(IReadOnlyList<long> shape) =>
        new(Name, Dtype, geometry, bytes, offset, shape, parts, compute);

    /// <summary>Other elements, computed from these when they are copied.</summary>
    /// <param name="shape">The sizes of the result.</param>
    /// <param name="compute">Makes its elements, row-major.</param>
    internal StoredTensor Computed(IReadOnlyList<long> shape, Func<float[], float[]> compute) =>
        new(Name, Dtype, geometry, bytes, offset, shape, [this], compute);

    /// <summary>
    /// Tensors one after the other along their first dimension. Where their other sizes differ, the result has one
    /// dimension, which fits nothing.
    /// </summary>
    /// <param name="name">The name of the result.</param>
    /// <param name="parts">The tensors; at least one.</param>
    internal static StoredTensor Joined(string name, IReadOnlyList<StoredTensor> parts)
    {
        var first = parts[0];
        var rest = first.Shape.Skip(1).ToList();
        var fit = parts.All(part => part.Shape.Count == first.Shape.Count && part.Shape.Skip(1).SequenceEqual(rest));
        long[] shape =
            fit && first.Shape.Count > 0
                ? [parts.Sum(part => part.Shape[0]), .. rest]
                : [parts.Sum(part => part.ElementCount)];
        return new StoredTensor(name, first.Dtype, first.geometry, first.bytes, first.offset, shape, parts);
    }

    /// <summary>
    /// Copies the elements in row-major order as float32. float64 is rounded to nearest; all other types are converted
    /// exactly.
    /// </summary>
    /// <param name="destination">Exactly <see cref="ElementCount"/> elements.</param>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: float32 can't hold an element.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void CopyTo(Span<float> destination)
    {
        CheckLength(destination.Length);
        if (compute is not null)
        {
            var stored = new float[parts!.Sum(part => part.ElementCount)];
            parts![0].CopyTo(stored.AsSpan());
            compute(stored).CopyTo(destination);
            return;
        }

        foreach (var part in parts ?? [])
        {
            part.CopyTo(destination[..(int)part.ElementCount]);
            destination = destination[(int)part.ElementCount..];
        }

        if (parts is not null)
            return;
        bytes.Hold();
        try
        {
            var fault = ElementCopy.ToSingle(Dtype, bytes, offset, geometry, destination);
            if (fault >= 0)
                throw Inexact(fault, "float32");
        }
        finally
        {
            bytes.Release();
        }
    }

    /// <summary>
    /// Copies the elements in row-major order as int64. Floating-point elements must be whole numbers.
    /// </summary>
    /// <param name="destination">Exactly <see cref="ElementCount"/> elements.</param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: an element is not a whole number of 64 bits.
    /// </exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void CopyTo(Span<long> destination)
    {
        CheckLength(destination.Length);
        foreach (var part in parts ?? [])
        {
            part.CopyTo(destination[..(int)part.ElementCount]);
            destination = destination[(int)part.ElementCount..];
        }

        if (parts is not null)
            return;
        bytes.Hold();
        try
        {
            var fault = ElementCopy.ToInt64(Dtype, bytes, offset, geometry, destination);
            if (fault >= 0)
                throw Inexact(fault, "int64");
        }
        finally
        {
            bytes.Release();
        }
    }

    private void CheckLength(int length)
    {
        if (length != ElementCount)
            throw new ArgumentException($"The destination has {length} elements, but {Name} has {ElementCount}.");
    }

    private Errors.ServingException Inexact(int element, string target) =>
        Unreadable.Because(
            $"The tensor {Unreadable.Quote(Name)} ({Dtype.Text()}) has a number that {target} can't represent: "
                + $"element {element}."
        );
}
