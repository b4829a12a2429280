using System.Runtime.InteropServices;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Weights;

/// <summary>Writes tensors in memory as the bytes of a safetensors file, chunk by chunk.</summary>
/// <param name="specs">The tensors to write.</param>
/// <param name="tensors">
/// The tensors by name. They are borrowed until the last chunk has been read, and must not change until then.
/// </param>
/// <param name="metadata">Strings that describe the file, for its readers.</param>
internal sealed class SafetensorsContent(
    IReadOnlyList<TensorSpec> specs,
    IReadOnlyDictionary<string, Tensor> tensors,
    IReadOnlyDictionary<string, string> metadata
)
{
    private const int ChunkBytes = 256 << 10;

    private readonly SafetensorsLayout layout = new(specs, metadata);

    /// <summary>Length of the file in bytes.</summary>
    public long Length => layout.Length;

    /// <summary>The file's bytes, in order. Each chunk is valid until the next one is requested.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Parts()
    {
        yield return layout.Header;
        var buffer = new byte[ChunkBytes];
        foreach (var spec in layout.Tensors)
        {
            // No dispose scope may be open across a yield: a scope belongs to a thread, and the caller may change
            // threads.
            using var host = TensorMemory.OnHost(tensors[spec.Name]);
            for (var done = 0L; done < spec.Bytes; done += ChunkBytes)
            {
                var count = (int)Math.Min(ChunkBytes, spec.Bytes - done);
                Fill(buffer.AsSpan(0, count), host, spec.IsCounter, done);
                yield return buffer.AsMemory(0, count);
            }
        }
    }

    private static void Fill(Span<byte> buffer, Tensor tensor, bool isCounter, long offset)
    {
        if (isCounter)
            Chunk(TensorMemory.Elements<long>(tensor), sizeof(long)).CopyTo(buffer);
        else
            Chunk(TensorMemory.Elements<float>(tensor), sizeof(float)).CopyTo(buffer);

        ReadOnlySpan<byte> Chunk<T>(Span<T> elements, int size)
            where T : unmanaged =>
            MemoryMarshal.AsBytes(elements.Slice((int)(offset / size), ChunkElements(elements.Length, size)));

        int ChunkElements(int length, int size) => (int)Math.Min(ChunkBytes / size, length - (offset / size));
    }
}
