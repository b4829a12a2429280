using ModelService.Api.Errors;
using ModelService.Api.Grpc;
using ModelService.Models.Errors;

namespace ModelService.Api.OpenInference;

/// <summary>An error of the Open Inference Protocol, which has a text and nothing else.</summary>
/// <param name="Error">The text.</param>
internal sealed record OpenInferenceError(string Error)
{
    /// <summary>Whether a request speaks the protocol, so that its errors do, too.</summary>
    public static bool Applies(HttpContext http) =>
        http.Request.Path.StartsWithSegments("/v2") || GrpcError.Applies(http);

    /// <summary>
    /// The status of an error: clients of the protocol know neither 422 for a wrong input nor 429 for a full queue.
    /// </summary>
    public static int StatusOf(ErrorResponse error) =>
        error.Status == StatusCodes.Status422UnprocessableEntity ? StatusCodes.Status400BadRequest
        : error.Code == ErrorTable.NameOf(ErrorCode.Overloaded) ? StatusCodes.Status503ServiceUnavailable
        : error.Status;
}
