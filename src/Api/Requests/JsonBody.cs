using System.Text.Json;
using ModelService.Models.Errors;

namespace ModelService.Api.Requests;

/// <summary>Reads a whole body as JSON.</summary>
internal static class JsonBody
{
    /// <summary>Reads and parses the body of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limits">The limits of bodies.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <param name="expected">A sentence for a body that is not JSON: what to send.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>.
    /// </exception>
    public static async Task<JsonElement> ReadAsync(
        HttpRequest request,
        LimitsOptions limits,
        CancellationToken cancellationToken,
        string expected = "Send application/json."
    )
    {
        if (!request.HasJsonContentType())
            throw RequestBody.Unsupported(request, expected);
        return RequestBody.Parse(
            await RequestBody.ReadAsync(request, request.Body, limits.MaxDefinitionBytes, cancellationToken)
        );
    }
}
