namespace ModelService.Models.Weights;

/// <summary>
/// A tensor in a weights file. Its elements stay in the file until they are copied. It is valid while the file is open.
/// </summary>
public sealed class StoredTensor
{
    private readonly MappedBytes bytes;
    private readonly long offset;
    private readonly TensorGeometry geometry;

    /// <summary>
    /// Describes a tensor whose first element is at a byte offset. The caller has checked that all elements are within
    /// the bytes.
    /// </summary>
    internal StoredTensor(string name, WeightsDtype dtype, TensorGeometry geometry, MappedBytes bytes, long offset)
    {
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
    public IReadOnlyList<long> Shape => geometry.Shape;

    /// <summary>The product of the sizes; at most 2^31 - 1.</summary>
    public long ElementCount => geometry.ElementCount;

    internal TensorGeometry Geometry => geometry;

    /// <summary>The same elements under another name.</summary>
    internal StoredTensor Named(string name) => new(name, Dtype, geometry, bytes, offset);

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
