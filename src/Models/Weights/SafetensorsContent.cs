using System.Runtime.InteropServices;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Weights;

/// <summary>Tensors in memory as the bytes of a safetensors file, a part at a time.</summary>
/// <param name="specs">The tensors to write.</param>
/// <param name="tensors">The tensors by their names; borrowed as long as parts are asked for. Nothing may change them.</param>
/// <param name="metadata">Strings about the file, for whoever reads it.</param>
internal sealed class SafetensorsContent(
    IReadOnlyList<TensorSpec> specs,
    IReadOnlyDictionary<string, Tensor> tensors,
    IReadOnlyDictionary<string, string> metadata
)
{
    private const int AtOnce = 256 << 10;

    private readonly SafetensorsLayout layout = new(specs, metadata);

    /// <summary>Bytes of the file.</summary>
    public long Length => layout.Length;

    /// <summary>The file's bytes, in order; each part is valid until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Parts()
    {
        yield return layout.Header;
        var buffer = new byte[AtOnce];
        foreach (var spec in layout.Tensors)
        {
            // No scope may be open while a part is out: it belongs to the thread.
            using var host = TensorMemory.OnHost(tensors[spec.Name]);
            for (var done = 0L; done < spec.Bytes; done += AtOnce)
            {
                var count = (int)Math.Min(AtOnce, spec.Bytes - done);
                Fill(buffer.AsSpan(0, count), host, spec.IsCounter, done);
                yield return buffer.AsMemory(0, count);
            }
        }
    }

    private static void Fill(Span<byte> buffer, Tensor tensor, bool isCounter, long offset)
    {
        if (isCounter)
            Part(TensorMemory.Elements<long>(tensor), sizeof(long)).CopyTo(buffer);
        else
            Part(TensorMemory.Elements<float>(tensor), sizeof(float)).CopyTo(buffer);

        ReadOnlySpan<byte> Part<T>(Span<T> elements, int size)
            where T : unmanaged =>
            MemoryMarshal.AsBytes(elements.Slice((int)(offset / size), AtOnceOf(elements.Length, size)));

        int AtOnceOf(int length, int size) => (int)Math.Min(AtOnce / size, length - (offset / size));
    }
}
