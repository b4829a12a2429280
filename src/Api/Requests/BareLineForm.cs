using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>
/// A <c>multipart/form-data</c> body whose lines end in LF alone, as scripts and text editors write it. RFC 2046
/// requires CRLF, and ASP.NET reads nothing else.
/// </summary>
internal static class BareLineForm
{
    // The limit of ASP.NET's own forms for all headers of a part.
    private const int MaxHeaderBytes = 16 << 10;

    /// <summary>Whether the body's first line is the boundary, and ends in LF alone. Consumes nothing.</summary>
    /// <param name="request">The request; its body must then be read through its body reader.</param>
    /// <param name="boundary">The form's boundary.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    public static async Task<bool> IsOneAsync(HttpRequest request, string boundary, CancellationToken cancellationToken)
    {
        var line = Encoding.UTF8.GetBytes($"--{boundary}\n");
        var read = await request.BodyReader.ReadAtLeastAsync(line.Length, cancellationToken);
        var isOne =
            read.Buffer.Length >= line.Length && read.Buffer.Slice(0, line.Length).ToArray().SequenceEqual(line);
        request.BodyReader.AdvanceTo(read.Buffer.Start);
        return isOne;
    }

    /// <summary>Splits the body into its parts.</summary>
    /// <param name="body">The body, for which <see cref="IsOneAsync"/> is true.</param>
    /// <param name="boundary">The form's boundary.</param>
    /// <returns>The Content-Disposition of each part, if it has one, and the part's content.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>: the body is damaged.</exception>
    public static IEnumerable<(ContentDispositionHeaderValue? Disposition, Stream Content)> Split(
        ReadOnlyMemory<byte> body,
        string boundary
    )
    {
        var bytes = MemoryMarshal.TryGetArray(body, out var array) ? array : new ArraySegment<byte>(body.ToArray());
        var delimiter = Encoding.UTF8.GetBytes($"\n--{boundary}");
        var position = delimiter.Length - 1;
        while (!body.Span[position..].StartsWith("--"u8))
        {
            if (!body.Span[position..].StartsWith("\n"u8))
                throw MultipartBody.Damaged("a boundary is followed by other characters");

            // Headers, an empty line, the content. A part without headers begins with the empty line.
            var start = position + 1;
            var rest = body.Span[start..];
            var headers = rest.StartsWith("\n"u8) ? 0 : rest.IndexOf("\n\n"u8) + 1;
            var end = headers > 0 || rest.StartsWith("\n"u8) ? rest[headers..].IndexOf(delimiter) : -1;
            if (end < 0)
                throw MultipartBody.Damaged("it ends in the middle of a part");
            if (headers > MaxHeaderBytes)
                throw MultipartBody.Damaged("the headers of a part are too long");
            end += start + headers;
            var content = bytes[Math.Min(start + headers + 1, end)..end];
            yield return (
                FindDisposition(rest[..headers]),
                new MemoryStream(content.Array!, content.Offset, content.Count, writable: false)
            );
            position = end + delimiter.Length;
        }
    }

    private static ContentDispositionHeaderValue? FindDisposition(ReadOnlySpan<byte> headers)
    {
        const string Name = "Content-Disposition:";
        var line = Encoding
            .UTF8.GetString(headers)
            .Split('\n')
            .FirstOrDefault(line => line.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return ContentDispositionHeaderValue.TryParse(line?[Name.Length..].Trim(), out var disposition)
            ? disposition
            : null;
    }
}
