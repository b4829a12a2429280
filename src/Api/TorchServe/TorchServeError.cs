using Microsoft.Extensions.Options;
using ModelService.Api.Errors;
using ModelService.Api.OpenInference;

namespace ModelService.Api.TorchServe;

/// <summary>An error in the form of TorchServe.</summary>
/// <param name="Code">The HTTP status.</param>
/// <param name="Type">The kind of error: its code in the native API.</param>
/// <param name="Message">The text.</param>
internal sealed record TorchServeError(int Code, string Type, string Message)
{
    /// <summary>Whether a request is one of TorchServe's, so that its errors are, too.</summary>
    public static bool Applies(HttpContext http) =>
        http.Request.Path.StartsWithSegments(TorchServeEndpoints.Predictions)
        && http.RequestServices.GetRequiredService<IOptions<TorchServeOptions>>().Value.Enabled;

    /// <summary>Represents an error, with the statuses of the Open Inference Protocol.</summary>
    public static TorchServeError Create(ErrorResponse error) =>
        new(OpenInferenceError.StatusOf(error), error.Code, error.Detail);
}
