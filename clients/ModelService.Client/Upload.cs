using System.Net;
using System.Net.Http.Headers;

namespace ModelService.Client;

/// <summary>
/// A photo, a zip archive or a weights file to send: bytes, a file or a stream. It is sent as it is read, and never
/// held in memory as a whole.
/// </summary>
public sealed class Upload
{
    private readonly Func<HttpContent> open;

    private Upload(Func<HttpContent> open, string? fileName, bool isRepeatable) =>
        (this.open, FileName, IsRepeatable) = (open, fileName, isRepeatable);

    /// <summary>The name of the file, as a form tells it; null: none.</summary>
    public string? FileName { get; }

    /// <summary>Whether it can be sent again after a refusal.</summary>
    internal bool IsRepeatable { get; }

    /// <summary>Bytes in memory.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="fileName">The name of the file.</param>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes, string? fileName = null) =>
        new(() => new ReadOnlyMemoryContent(bytes), fileName, isRepeatable: true);

    /// <summary>A file.</summary>
    /// <param name="path">Its path.</param>
    public static Upload FromFile(string path) =>
        new(() => new FileContent(path), Path.GetFileName(path), isRepeatable: true);

    /// <summary>A stream, from where it stands to its end. It can be sent once, and is not disposed.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="fileName">The name of the file.</param>
    public static Upload FromStream(Stream stream, string? fileName = null) =>
        new(() => new OneTimeContent(stream), fileName, isRepeatable: false);

    internal HttpContent ToContent(string mediaType = "application/octet-stream")
    {
        var content = open();
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return content;
    }

    /// <summary>A form with files.</summary>
    internal static MultipartFormDataContent ToForm(IEnumerable<Upload> files, string field)
    {
        var form = new MultipartFormDataContent();
        foreach (var file in files)
            form.Add(file.ToContent(), field, file.FileName ?? field);
        return form;
    }

    // Opens the file anew each time it is sent.
    private sealed class FileContent(string path) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken
        )
        {
            await using var file = File.OpenRead(path);
            await file.CopyToAsync(stream, cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = new FileInfo(path).Length;
            return true;
        }
    }

    // As StreamContent, which would dispose the stream.
    private sealed class OneTimeContent(Stream source) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, default);

        protected override Task SerializeToStreamAsync(
            Stream stream,
            TransportContext? context,
            CancellationToken cancellationToken
        ) => source.CopyToAsync(stream, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = source.CanSeek ? source.Length - source.Position : 0;
            return source.CanSeek;
        }
    }
}
