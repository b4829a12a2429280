using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Unicode;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads bodies within limits.</summary>
internal static class RequestBody
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = 64,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
    };

    // Some editors begin a UTF-8 file with it; RFC 8259 lets a reader pass over it.
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>Reads a body whole.</summary>
    /// <param name="body">The body, or a part of one.</param>
    /// <param name="declaredLength">How long it says it is; null when it does not say.</param>
    /// <param name="maxBytes">How long it may be.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
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

    /// <summary>Copies a body, or refuses it when it grows past the limit.</summary>
    /// <param name="body">The body, or a part of one.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="maxBytes">How long it may be.</param>
    /// <param name="cancellationToken">Fires when the client leaves.</param>
    /// <param name="hash">Takes what is copied.</param>
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
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>, saying where it breaks.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith(ByteOrderMark))
            json = json[ByteOrderMark.Length..];
        if (json.IsEmpty)
            throw new ServingException(ErrorCode.MalformedRequest, "The body is empty; JSON is needed.");
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            CheckTexts(json.Span);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            var place = JsonErrorLocator.WhereItBreaks(json.Span, Strict.MaxDepth);
            var what = Sentence(exception);
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The body is no JSON: {what}",
                [new ErrorDetail(place, what)],
                exception
            );
        }
    }

    /// <summary>The error of a body that is too long.</summary>
    public static ServingException TooLarge(long maxBytes) =>
        new(
            ErrorCode.BodyTooLarge,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The body is larger than {maxBytes:N0} bytes, the most that is taken here."
            )
        );

    // The parser's words, without its advice to whoever programs with it, and with the place as editors count.
    private static string Sentence(JsonException exception)
    {
        var words = exception
            .Message.Split(" LineNumber:")[0]
            .Replace(
                " which is not supported in this mode. Change the reader options.",
                ", which JSON has not.",
                StringComparison.Ordinal
            );
        return exception.LineNumber is { } line
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{words} (Line {line + 1}, byte {exception.BytePositionInLine + 1}.)"
            )
            : words;
    }

    // The parser leaves texts alone; whoever asks for one that is none would be thrown at.
    private static void CheckTexts(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw new JsonException("it is not in UTF-8.");
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
            throw new JsonException($"the text at byte {reader.TokenStartIndex} has half a surrogate pair.", exception);
        }
    }

    private static async ValueTask<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw new ServingException(ErrorCode.MalformedRequest, "The body ends in the middle of a part.", exception);
        }
    }
}
