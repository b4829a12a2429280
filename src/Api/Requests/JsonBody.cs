using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads a whole body as JSON.</summary>
internal static class JsonBody
{
    /// <summary>Reads and parses the body of a request.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<JsonElement> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken
    )
    {
        if (!request.HasJsonContentType())
        {
            throw new ServingException(
                ErrorCode.UnsupportedMediaType,
                $"Content-Type '{request.ContentType}' is not supported here. Send application/json."
            );
        }

        return RequestBody.Parse(
            await RequestBody.ReadAsync(request, request.Body, limits.MaxDefinitionBytes, cancellationToken)
        );
    }
}
