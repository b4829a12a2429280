using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using ModelService.Api.Contracts;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Weights;
using Serilog;

namespace ModelService.Api.Errors;

/// <summary>Maps errors to HTTP statuses, and writes them as answers.</summary>
internal static class ErrorTable
{
    /// <summary>Code of an unexpected error: a bug in the server.</summary>
    public const string Internal = "internal_error";

    /// <summary>Returns the HTTP status of an error.</summary>
    public static int StatusOf(ErrorCode code) =>
        code switch
        {
            ErrorCode.MalformedRequest => StatusCodes.Status400BadRequest,
            ErrorCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            ErrorCode.Forbidden or ErrorCode.ReadOnly => StatusCodes.Status403Forbidden,
            ErrorCode.ModelNotFound or ErrorCode.VersionNotFound or ErrorCode.NotFound => StatusCodes.Status404NotFound,
            ErrorCode.MethodNotAllowed => StatusCodes.Status405MethodNotAllowed,
            ErrorCode.RequestTimeout => StatusCodes.Status408RequestTimeout,
            ErrorCode.ModelExists or ErrorCode.VersionConflict => StatusCodes.Status409Conflict,
            ErrorCode.BodyTooLarge or ErrorCode.ImageTooLarge => StatusCodes.Status413PayloadTooLarge,
            ErrorCode.UnsupportedMediaType => StatusCodes.Status415UnsupportedMediaType,
            ErrorCode.DefinitionInvalid
            or ErrorCode.ImageUndecodable
            or ErrorCode.InputMismatch
            or ErrorCode.WeightsMismatch
            or ErrorCode.WeightsUnreadable => StatusCodes.Status422UnprocessableEntity,
            ErrorCode.Overloaded or ErrorCode.RateLimited => StatusCodes.Status429TooManyRequests,
            ErrorCode.ModelNotReady
            or ErrorCode.PlanRejected
            or ErrorCode.OutOfMemory
            or ErrorCode.StorageUnavailable
            or ErrorCode.ShuttingDown => StatusCodes.Status503ServiceUnavailable,
            ErrorCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
            _ => throw new ArgumentOutOfRangeException(nameof(code), code, "The error code has no HTTP status."),
        };

    /// <summary>Returns the name of an error code in JSON.</summary>
    public static string NameOf(ErrorCode code) => WireNames.Get(code);

    /// <summary>Creates the answer to a failure.</summary>
    public static ErrorResponse Describe(HttpContext http, Failure failure) =>
        Describe(http, failure.Code, failure.Detail, failure.Errors) with
        {
            Report = (failure as WeightsMismatch)?.Report,
            Layers = (failure as InvalidDefinition)?.Analysis?.AllLayers.Select(LayerAnalysisResponse.Create).ToList(),
        };

    /// <summary>Creates the answer to an error with a code.</summary>
    public static ErrorResponse Describe(
        HttpContext http,
        ErrorCode code,
        string detail,
        IReadOnlyList<ErrorDetail>? errors = null
    ) => Describe(http, StatusOf(code), NameOf(code), detail, errors);

    /// <summary>Creates the answer to an error with a status and a code.</summary>
    public static ErrorResponse Describe(
        HttpContext http,
        int status,
        string code,
        string detail,
        IReadOnlyList<ErrorDetail>? errors = null
    ) =>
        new(
            "about:blank",
            ReasonPhrases.GetReasonPhrase(status),
            status,
            code,
            detail,
            errors is { Count: > 0 } ? errors : null,
            Report: null,
            Layers: null,
            Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier
        );

    /// <summary>Writes an error as the answer of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="retryAfter">The time after which a retry is likely to succeed; null when it is not known.</param>
    public static Task WriteAsync(HttpContext http, ErrorResponse error, TimeSpan? retryAfter = null)
    {
        http.Response.StatusCode = error.Status;
        http.Features.Get<IHttpMetricsTagsFeature>()?.Tags.Add(new("code", error.Code));
        http.RequestServices.GetService<IDiagnosticContext>()?.Set("Code", error.Code);

        // Answers that ask the client to wait hold a time in whole seconds; 1 by default.
        if (error.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = Math.Ceiling(retryAfter?.TotalSeconds ?? 1)
                .ToString(CultureInfo.InvariantCulture);
        }

        // Without a cancellation token, writing ends without an exception when the client disconnects.
        return http.Response.WriteAsJsonAsync(error, options: null, contentType: "application/problem+json");
    }
}
