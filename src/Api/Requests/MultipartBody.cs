using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads the parts of a <c>multipart/form-data</c> body as they arrive.</summary>
internal static class MultipartBody
{
    // RFC 2046 allows 70 characters. This is the limit of ASP.NET's own forms.
    private const int MaxBoundaryLength = 128;

    /// <summary>Whether a request has a multipart body.</summary>
    public static bool IsMultipart(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the parts, in order. A part's body must be read before the next part is requested.</summary>
    /// <param name="request">The request.</param>
    /// <param name="maxBareBytes">
    /// Largest body, in bytes, whose lines end in LF alone. Such a body is read into memory.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>: the boundary is missing or too long, or the body is damaged.
    /// </exception>
    public static async IAsyncEnumerable<MultipartPart> ReadPartsAsync(
        HttpRequest request,
        int maxBareBytes,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
            throw new ServingException(ErrorCode.MalformedRequest, "The Content-Type has no boundary.");
        if (boundary.Length > MaxBoundaryLength)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The boundary has {boundary.Length} characters; at most {MaxBoundaryLength} are allowed."
            );
        }

        var isBare = await BareLineForm.IsOneAsync(request, boundary, cancellationToken);
        var body = request.BodyReader.AsStream(leaveOpen: true);
        if (isBare)
        {
            var bytes = await RequestBody.ReadAsync(request, body, maxBareBytes, cancellationToken);
            foreach (var (disposition, content) in BareLineForm.Split(bytes, boundary))
                yield return CreatePart(disposition, content);
            yield break;
        }

        var reader = new MultipartReader(boundary, body);
        while (await ReadNextAsync(reader, cancellationToken) is { } section)
            yield return CreatePart(section.GetContentDispositionHeader(), section.Body);
    }

    private static MultipartPart CreatePart(ContentDispositionHeaderValue? disposition, Stream content)
    {
        // ASP.NET's own methods throw on a parameter such as "filename*" alone.
        if (disposition?.Parameters.Any(static parameter => !parameter.Value.HasValue) ?? false)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The Content-Disposition of a part has a parameter without a value."
            );
        }

        var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value ?? "";
        return new MultipartPart(name, disposition?.IsFileDisposition() ?? false, content)
        {
            FileName = FileNameOf(disposition),
        };
    }

    // RFC 6266: the encoded name comes before the plain one.
    private static string? FileNameOf(ContentDispositionHeaderValue? disposition) =>
        disposition?.FileNameStar is { HasValue: true } encoded ? encoded.Value
        : HeaderUtilities.RemoveQuotes(disposition?.FileName ?? default) is { Length: > 0 } plain ? plain.Value
        : null;

    private static async Task<MultipartSection?> ReadNextAsync(
        MultipartReader reader,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (Exception exception)
            when (exception is InvalidDataException or (IOException and not BadHttpRequestException))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The multipart body is damaged: {exception.Message}",
                exception
            );
        }
    }
}

/// <summary>A part of a multipart body.</summary>
/// <param name="Name">The form field's name.</param>
/// <param name="IsFile">Whether the part is a file.</param>
/// <param name="Body">The part's bytes, valid until the next part is requested.</param>
internal sealed record MultipartPart(string Name, bool IsFile, Stream Body)
{
    /// <summary>The name that the client gave the file; null when it gave none.</summary>
    public string? FileName { get; init; }
}
