using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelService.Conformance;

/// <summary>Bodies of requests to infer.</summary>
internal static class Bodies
{
    /// <summary>The header with the length of the JSON before binary data.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <summary>JSON.</summary>
    public static HttpContent Json(string json) => new StringContent(json, Encoding.UTF8, "application/json");

    /// <summary>JSON with binary data behind it.</summary>
    public static HttpContent Binary(string json, byte[] data, string? length = null)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var content = new ByteArrayContent([.. header, .. data]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        content.Headers.TryAddWithoutValidation(
            LengthHeader,
            length ?? header.Length.ToString(CultureInfo.InvariantCulture)
        );
        return content;
    }

    /// <summary>A compressed body.</summary>
    public static HttpContent Compressed(byte[] body, string encoding)
    {
        var packed = new MemoryStream();
        using (
            Stream packing =
                encoding == "gzip"
                    ? new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)
                    : new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)
        )
        {
            packing.Write(body);
        }

        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        content.Headers.ContentEncoding.Add(encoding);
        return content;
    }

    /// <summary>A body that arrives in chunks of a byte.</summary>
    public static HttpContent Chunks(string json) => new ChunkedContent(Encoding.UTF8.GetBytes(json));

    /// <summary>Numbers as JSON, flat.</summary>
    public static string Flat(float[] numbers) => $"[{string.Join(',', numbers.Select(Text))}]";

    /// <summary>Numbers as JSON, in lists of lists.</summary>
    public static string Nested(float[] numbers, IEnumerable<long> shape)
    {
        var items = numbers.Select(Text).ToList();
        foreach (var size in shape.Reverse())
            items = [.. items.Chunk((int)size).Select(chunk => $"[{string.Join(',', chunk)}]")];
        return items[0];
    }

    /// <summary>Numbers as bytes.</summary>
    public static byte[] Bytes(float[] numbers) => MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();

    /// <summary>Lists in lists.</summary>
    public static string Deep(int depth) => new string('[', depth) + new string(']', depth);

    private static string Text(float number) => number.ToString("R", CultureInfo.InvariantCulture);

    private sealed class ChunkedContent : HttpContent
    {
        private readonly byte[] body;

        public ChunkedContent(byte[] body)
        {
            this.body = body;
            Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (var index = 0; index < body.Length; index++)
                await stream.WriteAsync(body.AsMemory(index, 1));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
