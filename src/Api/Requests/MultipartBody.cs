using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads the parts of a <c>multipart/form-data</c> body as they arrive.</summary>
internal static class MultipartBody
{
    // RFC 2046 allows 70; as lenient as ASP.NET's own forms.
    private const int LongestBoundary = 128;

    /// <summary>Whether the request has such a body.</summary>
    public static bool IsIn(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    /// <summary>The parts, in order. Each is to be read before the next is asked for.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static async IAsyncEnumerable<MultipartPart> PartsAsync(
        HttpRequest request,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary))
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The Content-Type has no boundary between the parts."
            );
        }

        if (boundary.Length > LongestBoundary)
        {
            throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The boundary between the parts has {boundary.Length} characters; at most {LongestBoundary} are taken."
            );
        }

        var reader = new MultipartReader(boundary, request.Body);
        while (await NextAsync(reader, cancellationToken) is { } section)
        {
            var disposition = section.GetContentDispositionHeader();
            var name = HeaderUtilities.RemoveQuotes(disposition?.Name ?? default).Value ?? "";
            yield return new MultipartPart(name, disposition?.IsFileDisposition() ?? false, section.Body);
        }
    }

    private static async Task<MultipartSection?> NextAsync(MultipartReader reader, CancellationToken cancellationToken)
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
/// <param name="IsFile">Whether it is a file.</param>
/// <param name="Body">Its bytes; valid until the next part is asked for.</param>
internal sealed record MultipartPart(string Name, bool IsFile, Stream Body);
