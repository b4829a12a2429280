using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads bodies up to a maximum size.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = 64,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    // Some editors write it at the beginning of a UTF-8 file. RFC 8259 allows a parser to ignore it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads a whole body into memory.</summary>
    /// <param name="body">The body, or a part of one.</param>
    /// <param name="declaredLength">The Content-Length in bytes; null when it is not known.</param>
    /// <param name="maxBytes">Largest length of the body, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>.</exception>
    public static async Task<byte[]> ReadAsync(
        Stream body,
        long? declaredLength,
        int maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (declaredLength > maxBytes)
            throw TooLarge(maxBytes);
        using var buffer = new MemoryStream((int)(declaredLength ?? 0));
        await CopyAsync(body, buffer, maxBytes, cancellationToken);
        return buffer.Length == buffer.Capacity ? buffer.GetBuffer() : buffer.ToArray();
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
    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        if (json.IsEmpty)
            throw new ServingException(ErrorCode.MalformedRequest, "The body is empty. JSON is required.");
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            CheckStrings(json.Span);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            var pointer = JsonErrorLocator.FindPointer(json.Span, Strict.MaxDepth);
            var message = Describe(exception);
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The body is not valid JSON: {message}",
                [new ErrorDetail(pointer, message)]
            );
        }
    }

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
        if (!Utf8.IsValid(json))
            throw new JsonException("it is not encoded in UTF-8.");
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
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The multipart body is damaged: {exception.Message}",
                exception
            );
        }
    }
}
