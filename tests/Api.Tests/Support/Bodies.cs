using System.Globalization;
using System.Text;

namespace ModelService.Api.Tests.Support;

/// <summary>Bodies of requests.</summary>
internal static class Bodies
{
    public static HttpContent Json(string json) => new StringContent(json, Encoding.UTF8, "application/json");

    public static HttpContent Raw(byte[] bytes, string? mediaType)
    {
        var content = new ByteArrayContent(bytes);
        if (mediaType is not null)
            content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        return content;
    }

    public static HttpContent Photo(string file) =>
        Raw(
            Fixtures.Bytes("photos", file),
            "image/" + Path.GetExtension(file)[1..].Replace("jpg", "jpeg", StringComparison.Ordinal)
        );

    /// <summary>A form with image files.</summary>
    public static MultipartFormDataContent Files(params IEnumerable<byte[]> files)
    {
        var form = new MultipartFormDataContent();
        foreach (var file in files)
            form.Add(new ByteArrayContent(file), "images", "photo");
        return form;
    }

    /// <summary>A form with a model's definition and a weights file.</summary>
    public static MultipartFormDataContent Model(string definition, string weightsPath) =>
        new()
        {
            { Json(definition), "definition" },
            { new StreamContent(File.OpenRead(weightsPath)), "weights", Path.GetFileName(weightsPath) },
        };

    /// <summary>Tensors as JSON, their data flat.</summary>
    public static string Tensors(IEnumerable<long> shape, params IEnumerable<float[]> tensors)
    {
        var sizes = string.Join(',', shape);
        var items = tensors.Select(data =>
            $$"""{"shape":[{{sizes}}],"data":[{{string.Join(',', data.Select(Text))}}]}"""
        );
        return $$"""{"tensors":[{{string.Join(',', items)}}]}""";
    }

    public static string Images(params IEnumerable<byte[]> images) =>
        $$"""{"images":[{{string.Join(',', images.Select(image => $"\"{Convert.ToBase64String(image)}\""))}}]}""";

    /// <summary>A body whose length is not told beforehand.</summary>
    public static HttpContent Chunked(HttpContent content)
    {
        var stream = new StreamContent(new EndlessLengthStream(content.ReadAsStream()));
        foreach (var (name, values) in content.Headers.Where(header => header.Key != "Content-Length"))
            stream.Headers.TryAddWithoutValidation(name, values);
        return stream;
    }

    /// <summary>A picture of random pixels: 24-bit BMP, which is lossless and needs no encoder.</summary>
    public static byte[] RandomBmp(int seed, int side = 40)
    {
        var pixels = new byte[side * side * 3];
        new Random(seed).NextBytes(pixels);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("BM"u8);
        foreach (
            var field in new[]
            {
                54 + pixels.Length,
                0,
                54,
                40,
                side,
                side,
                1 | (24 << 16),
                0,
                pixels.Length,
                2835,
                2835,
                0,
                0,
            }
        )
        {
            writer.Write(field);
        }

        writer.Write(pixels);
        return stream.ToArray();
    }

    private static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    // HttpClient asks a seekable stream for its length.
    private sealed class EndlessLengthStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush() { }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
