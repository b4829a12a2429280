using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using ModelService.Api.Protection;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads bodies up to a maximum size.</summary>
internal static class RequestBody
{
    /// <summary>The JSON of RFC 8259, to a bounded depth.</summary>
    public static JsonReaderOptions Strict { get; } =
        new()
        {
            MaxDepth = 64,
            AllowTrailingCommas = false,
            CommentHandling = JsonCommentHandling.Disallow,
        };

    private static readonly JsonDocumentOptions StrictDocument = new()
    {
        MaxDepth = Strict.MaxDepth,
        AllowTrailingCommas = Strict.AllowTrailingCommas,
        CommentHandling = Strict.CommentHandling,
    };

    // A photo from a phone takes a few of these.
    private const int FirstBytes = 64 << 10;

    // Some editors write it at the beginning of a UTF-8 file. RFC 8259 allows a parser to ignore it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>
    /// Reads a whole body, or a part of it, into memory. The buffer grows with what arrives, and counts in
    /// <see cref="BodyMemory"/> until the request is answered.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="body">The body, or a part of it.</param>
    /// <param name="maxBytes">Largest length, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.Overloaded"/>: there is no memory for it now.
    /// </exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(
        HttpRequest request,
        Stream body,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        var isWhole = ReferenceEquals(body, request.Body);
        if (isWhole && request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        var memory = BodyMemory.Of(request.HttpContext);
        var expected = isWhole ? (int)(request.ContentLength ?? maxBytes) : maxBytes;
        var (buffer, length) = (Array.Empty<byte>(), 0);
        while (true)
        {
            if (length == buffer.Length)
            {
                // One byte more than expected tells a body that ends from one that goes on.
                var twice = Math.Max(FirstBytes, 2L * length);
                var size = (int)(length <= expected && twice >= expected ? expected + 1L : twice);
                memory.Take(size);
                var old = buffer;
                buffer = new byte[size];
                old.CopyTo(buffer, 0);
                memory.Take(-old.Length);
            }

            var read = await ReadAsync(body, buffer.AsMemory(length), cancellationToken);
            if (read == 0)
                return buffer.AsMemory(0, length);
            length += read;
            if (length > maxBytes)
                throw TooLarge(maxBytes);
        }
    }

    /// <summary>Copies a body to a stream, and fails when the body exceeds the limit.</summary>
    /// <param name="body">The body, or a part of one.</param>
    /// <param name="destination">Receives the bytes.</param>
    /// <param name="maxBytes">Largest length of the body, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <param name="hash">Receives the same bytes; null for no hash.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>.</exception>
    public static async Task CopyAsync(
        Stream body,
        Stream destination,
        long maxBytes,
        CancellationToken cancellationToken,
        IncrementalHash? hash = null
    )
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            long total = 0;
            int read;
            while ((read = await ReadAsync(body, buffer, cancellationToken)) > 0)
            {
                total += read;
                if (total > maxBytes)
                    throw TooLarge(maxBytes);
                hash?.AppendData(buffer, 0, read);
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Parses JSON.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, with the position at which the JSON is invalid.
    /// </exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        var json = body[(body.Length - StartOfJson(body.Span).Length)..];
        try
        {
            using var document = JsonDocument.Parse(json, StrictDocument);
            CheckStrings(json.Span);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw Malformed(json.Span, exception);
        }
    }

    /// <summary>Returns the JSON of a body, without a byte order mark before it.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>: it is empty, or not encoded in UTF-8.
    /// </exception>
    public static ReadOnlySpan<byte> StartOfJson(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith(ByteOrderMark))
            body = body[ByteOrderMark.Length..];
        if (body.IsEmpty)
            throw new ServingException(ErrorCode.MalformedRequest, "The body is empty. JSON is required.");
        return Utf8.IsValid(body) ? body : throw Malformed(body, new JsonException("it is not encoded in UTF-8."));
    }

    /// <summary>Creates the error for a body that is not valid JSON.</summary>
    /// <param name="json">The body.</param>
    /// <param name="exception">The parser's exception.</param>
    public static ServingException Malformed(ReadOnlySpan<byte> json, Exception exception)
    {
        var pointer = JsonErrorLocator.FindPointer(json, Strict.MaxDepth);
        var message = exception is JsonException syntax ? Describe(syntax) : "A string has half a surrogate pair.";
        return new ServingException(
            ErrorCode.MalformedRequest,
            $"The body is not valid JSON: {message}",
            [new ErrorDetail(pointer, message)]
        );
    }

    /// <summary>Creates the error for a body of another kind than the operation takes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="expected">A sentence: what to send.</param>
    public static ServingException Unsupported(HttpRequest request, string expected) =>
        new(ErrorCode.UnsupportedMediaType, $"{DescribeType(request)} {expected}");

    /// <summary>A sentence: the Content-Type of a request is missing, or not one that the operation takes.</summary>
    public static string DescribeType(HttpRequest request) =>
        string.IsNullOrEmpty(request.ContentType)
            ? "The header Content-Type is missing."
            : $"Content-Type '{request.ContentType}' is not supported here.";

    /// <summary>Creates the error for a body that exceeds the limit.</summary>
    public static ServingException TooLarge(long maxBytes) =>
        new(
            ErrorCode.BodyTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"The body is larger than the limit of {maxBytes:N0} bytes.")
        );

    // The parser's message, without its advice to programmers, and with line and byte counted from 1, as in editors.
    private static string Describe(JsonException exception)
    {
        var message = exception
            .Message.Split(" LineNumber:")[0]
            .Replace(
                " which is not supported in this mode. Change the reader options.",
                ", which JSON does not allow.",
                StringComparison.Ordinal
            );
        return exception.LineNumber is { } line
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{message} (Line {line + 1}, byte {exception.BytePositionInLine + 1}.)"
            )
            : message;
    }

    // Checks the strings, which the parser does not decode: reading an invalid one later would throw.
    private static void CheckStrings(ReadOnlySpan<byte> json)
    {
        if (!json.Contains((byte)'\\'))
            return;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                    reader.GetString();
            }
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException(
                $"the string at byte {reader.TokenStartIndex} has half a surrogate pair.",
                exception
            );
        }
    }

    /// <summary>Reads the next bytes of a body.</summary>
    /// <param name="body">The body, or a part of one.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <returns>The number of bytes; 0 at the end.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>: the body ends in the middle of a part, or a boundary is damaged.
    /// </exception>
    public static async ValueTask<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw new ServingException(ErrorCode.MalformedRequest, "The body ends in the middle of a part.", exception);
        }
        catch (InvalidDataException exception)
        {
            throw MultipartBody.Damaged("a boundary is followed by other characters", exception);
        }
    }
}
