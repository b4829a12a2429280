namespace ModelService.Models.Weights;

/// <summary>A tensor in a weights file. Its elements stay in the file until they are copied; valid while the file is open.</summary>
public sealed class StoredTensor
{
    private readonly MappedBytes bytes;
    private readonly long offset;
    private readonly TensorGeometry geometry;

    /// <summary>A tensor whose first element stands at a byte offset; the caller has checked that all of them are inside.</summary>
    internal StoredTensor(string name, WeightsDtype dtype, TensorGeometry geometry, MappedBytes bytes, long offset)
    {
        Name = name;
        Dtype = dtype;
        this.geometry = geometry;
        this.bytes = bytes;
        this.offset = offset;
    }

    /// <summary>The name in the file, any prefix included.</summary>
    public string Name { get; }

    /// <summary>The element type in the file.</summary>
    public WeightsDtype Dtype { get; }

    /// <summary>The sizes, outermost first; empty for a single number.</summary>
    public IReadOnlyList<long> Shape => geometry.Shape;

    /// <summary>The product of the sizes; at most 2^31 - 1.</summary>
    public long ElementCount => geometry.ElementCount;

    internal TensorGeometry Geometry => geometry;

    /// <summary>Copies the elements in row-major order as float32. float64 is rounded to nearest, everything else is exact.</summary>
    /// <param name="destination">Room for exactly <see cref="ElementCount"/> elements.</param>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: float32 can't hold an element.</exception>
    /// <exception cref="ArgumentException">The room is of another size.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void CopyTo(Span<float> destination)
    {
        CheckRoom(destination.Length);
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

    /// <summary>Copies the elements in row-major order as int64; floating-point elements must be whole numbers.</summary>
    /// <param name="destination">Room for exactly <see cref="ElementCount"/> elements.</param>
    /// <exception cref="Errors.ServingException"><c>weights_unreadable</c>: an element is no whole number.</exception>
    /// <exception cref="ArgumentException">The room is of another size.</exception>
    /// <exception cref="ObjectDisposedException">The file is closed.</exception>
    public void CopyTo(Span<long> destination)
    {
        CheckRoom(destination.Length);
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

    private void CheckRoom(int length)
    {
        if (length != ElementCount)
            throw new ArgumentException($"Room for {length} elements, but {Name} has {ElementCount}.");
    }

    private Errors.ServingException Inexact(int element, string target) =>
        Unreadable.Because(
            $"The tensor {Unreadable.Quote(Name)} ({Dtype.Text()}) holds a number, element {element}, that {target} can't hold."
        );
}
