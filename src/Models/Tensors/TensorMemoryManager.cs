using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelService.Models.Tensors;

/// <summary>
/// Gives the elements of a tensor as <see cref="Memory{T}"/>, which keeps the tensor reachable. The elements are in
/// native memory and never move.
/// </summary>
/// <typeparam name="T">Type of the elements.</typeparam>
/// <param name="tensor">Borrowed; contiguous on the CPU. The memory is valid until the tensor is disposed.</param>
internal sealed class TensorMemoryManager<T>(Tensor tensor) : MemoryManager<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public override Span<T> GetSpan() => TensorMemory.Elements<T>(tensor);

    /// <inheritdoc/>
    public override unsafe MemoryHandle Pin(int elementIndex = 0) =>
        new(Unsafe.AsPointer(ref MemoryMarshal.GetReference(GetSpan()[elementIndex..])));

    /// <inheritdoc/>
    public override void Unpin() { }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) { }
}
