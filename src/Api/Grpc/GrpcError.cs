using System.Globalization;
using Grpc.Core;
using ModelService.Api.Errors;
using ModelService.Api.OpenInference;
using ModelService.Models.Errors;

namespace ModelService.Api.Grpc;

/// <summary>
/// Errors over gRPC: a status and a text. Two trailers tell more: <c>error-code</c> is the code of the native API, and
/// <c>grpc-retry-pushback-ms</c> the time after which clients may try again.
/// </summary>
internal static class GrpcError
{
    private const string CodeTrailer = "error-code",
        PushbackTrailer = "grpc-retry-pushback-ms";

    // Clients accept 8 KiB of trailers together.
    private const int LongestText = 1000;

    /// <summary>Whether a request is a call, so that its errors are those of gRPC.</summary>
    public static bool Applies(HttpContext http) =>
        http.Request.Path.Value is { } path
        && (
            path.StartsWith($"/{InferenceMethods.Service}/", StringComparison.Ordinal)
            || path.StartsWith("/grpc.", StringComparison.Ordinal)
        )
        && http.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The status of an error, as docs/kserve.md lists them.</summary>
    public static StatusCode StatusOf(ErrorResponse error) =>
        OpenInferenceError.StatusOf(error) switch
        {
            StatusCodes.Status401Unauthorized => StatusCode.Unauthenticated,
            StatusCodes.Status403Forbidden => StatusCode.PermissionDenied,
            StatusCodes.Status404NotFound => StatusCode.NotFound,
            StatusCodes.Status405MethodNotAllowed => StatusCode.Unimplemented,
            StatusCodes.Status409Conflict => StatusCode.FailedPrecondition,
            StatusCodes.Status413PayloadTooLarge or StatusCodes.Status429TooManyRequests =>
                StatusCode.ResourceExhausted,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => StatusCode.DeadlineExceeded,
            >= StatusCodes.Status500InternalServerError => StatusCode.Internal,
            _ => StatusCode.InvalidArgument,
        };

    /// <summary>Writes an error as the answer of a call that has not begun.</summary>
    public static Task WriteAsync(HttpResponse response, ErrorResponse error, TimeSpan? retryAfter)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = "application/grpc";
        response.Headers["grpc-status"] = ((int)StatusOf(error)).ToString(CultureInfo.InvariantCulture);
        response.Headers["grpc-message"] = Uri.EscapeDataString(TextOf(error));
        foreach (var trailer in TrailersOf(error, retryAfter))
            response.Headers[trailer.Key] = trailer.Value;
        return Task.CompletedTask;
    }

    /// <summary>Creates the exception that ends a call with an error.</summary>
    public static RpcException Create(ErrorResponse error, TimeSpan? retryAfter) =>
        new(new Status(StatusOf(error), TextOf(error)), TrailersOf(error, retryAfter));

    /// <summary>Finds the failure with which a server of this kind has ended a call.</summary>
    /// <param name="exception">How the call ended.</param>
    /// <returns>The failure; null: the call ended for another reason, such as a lost connection.</returns>
    public static Failure? Find(RpcException exception)
    {
        if (
            exception.Trailers.GetValue(CodeTrailer) is not { } name
            || !WireNames.Get(typeof(ErrorCode)).TryGetValue(name, out var code)
        )
        {
            return null;
        }

        return new Failure((ErrorCode)code, exception.Status.Detail)
        {
            RetryAfter = long.TryParse(
                exception.Trailers.GetValue(PushbackTrailer),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var milliseconds
            )
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null,
        };
    }

    private static string TextOf(ErrorResponse error) => Suggestions.Shorten(error.Detail, LongestText);

    private static Metadata TrailersOf(ErrorResponse error, TimeSpan? retryAfter)
    {
        var trailers = new Metadata { { CodeTrailer, error.Code } };
        if (retryAfter is { } wait && wait != Timeout.InfiniteTimeSpan)
            trailers.Add(PushbackTrailer, Math.Ceiling(wait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
        return trailers;
    }
}
