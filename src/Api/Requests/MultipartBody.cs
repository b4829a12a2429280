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
        while (await ReadNextAsync(reader, boundary, cancellationToken) is { } section)
            yield return CreatePart(section.GetContentDispositionHeader(), section.Body);
    }

    /// <summary>Creates the error for a part that the form has no place for.</summary>
    /// <param name="part">The part.</param>
    /// <param name="form">A sentence: the parts that the form has.</param>
    /// <param name="known">The names of these parts.</param>
    public static ServingException Misplaced(MultipartPart part, string form, params string[] known)
    {
        var problem =
            known.Contains(part.Name) ? $"The form has a second part '{part.Name}'."
            : Suggestions.Nearest(part.Name, known) is { } nearest
                ? $"The form's part '{Suggestions.Shorten(part.Name)}' is unknown; did you mean '{nearest}'?"
            : $"The form's part '{Suggestions.Shorten(part.Name)}' is unknown.";
        return new ServingException(ErrorCode.MalformedRequest, $"{problem} {form}");
    }

    /// <summary>Creates the error for a body that is no multipart body.</summary>
    /// <param name="how">What is wrong, as the end of a sentence.</param>
    /// <param name="cause">The cause, for the log only.</param>
    public static ServingException Damaged(string how, Exception? cause = null) =>
        new(ErrorCode.MalformedRequest, $"The multipart body is damaged: {how}.", cause);

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
        string boundary,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (IOException exception) when (exception is not BadHttpRequestException)
        {
            throw Damaged($"it has no end '--{boundary}--', as the boundary of its Content-Type asks for", exception);
        }
        catch (InvalidDataException exception)
        {
            throw Damaged($"the headers of a part can't be read ({exception.Message.TrimEnd('.')})", exception);
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
