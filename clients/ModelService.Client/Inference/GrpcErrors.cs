using System.Globalization;
using System.Net;
using Grpc.Core;

namespace ModelService.Client;

/// <summary>The errors of calls.</summary>
internal static class GrpcErrors
{
    /// <summary>An error of a call, as one of REST.</summary>
    public static ModelServiceException ToException(RpcException exception) =>
        new(
            exception.StatusCode switch
            {
                StatusCode.InvalidArgument => HttpStatusCode.BadRequest,
                StatusCode.Unauthenticated => HttpStatusCode.Unauthorized,
                StatusCode.PermissionDenied => HttpStatusCode.Forbidden,
                StatusCode.NotFound => HttpStatusCode.NotFound,
                StatusCode.FailedPrecondition or StatusCode.AlreadyExists => HttpStatusCode.Conflict,
                StatusCode.ResourceExhausted => HttpStatusCode.TooManyRequests,
                StatusCode.Unimplemented => HttpStatusCode.NotImplemented,
                StatusCode.Unavailable => HttpStatusCode.ServiceUnavailable,
                StatusCode.DeadlineExceeded => HttpStatusCode.GatewayTimeout,
                _ => HttpStatusCode.InternalServerError,
            },
            exception.Trailers.GetValue("error-code") ?? "",
            exception.Status.Detail,
            retryAfter: exception.Trailers.GetValue("grpc-retry-pushback-ms") is { } text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
                ? TimeSpan.FromMilliseconds(milliseconds)
                : null,
            innerException: exception
        );
}
