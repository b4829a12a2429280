using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelService.Models.Tensors;

/// <summary>The numbers of a tensor, where they are.</summary>
internal static class TensorMemory
{
    /// <summary>The elements of a contiguous tensor on the CPU, also of one beyond 2 GiB, which TorchSharp's own accessors refuse.</summary>
    /// <param name="tensor">Borrowed; the span is valid as long as it lives.</param>
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

    /// <summary>The tensor itself, or a copy that the current dispose scope owns if it isn't contiguous on the CPU.</summary>
    public static Tensor OnHost(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var host = tensor.detach().cpu();
        return (host.is_contiguous() ? host : host.contiguous()).MoveToOuterDisposeScope();
    }
}
