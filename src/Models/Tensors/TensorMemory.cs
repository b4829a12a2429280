using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelService.Models.Tensors;

/// <summary>Gives access to the memory of tensors.</summary>
internal static class TensorMemory
{
    /// <summary>
    /// The elements of a tensor, without a copy. TorchSharp's own accessors reject tensors of more than 2 GiB; this one
    /// does not.
    /// </summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="tensor">Borrowed; contiguous on the CPU. The span is valid until the tensor is disposed.</param>
    public static Span<T> Elements<T>(Tensor tensor)
        where T : unmanaged
    {
        if (tensor.numel() == 0)
            return [];
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var first = tensor.view(-1).narrow(0, 0, 1).bytes;
        return MemoryMarshal.CreateSpan(
            ref Unsafe.As<byte, T>(ref MemoryMarshal.GetReference(first)),
            (int)tensor.numel()
        );
    }

    /// <summary>
    /// Gives a tensor that is contiguous on the CPU: a view of the same memory if possible, otherwise a copy.
    /// </summary>
    /// <param name="tensor">Borrowed.</param>
    /// <returns>The result; the current dispose scope owns it.</returns>
    public static Tensor OnHost(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var host = tensor.detach().cpu();
        return (host.is_contiguous() ? host : host.contiguous()).MoveToOuterDisposeScope();
    }
}
