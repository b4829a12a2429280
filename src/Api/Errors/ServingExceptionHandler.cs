using Microsoft.AspNetCore.Diagnostics;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>
/// Turns exceptions into answers: a <see cref="ServingException"/> by its code, any unexpected exception into a 500
/// that reveals no internals.
/// </summary>
/// <param name="lifetime">Tells whether the server is stopping: it then aborts the requests that take too long.</param>
/// <param name="logger">Logs unexpected exceptions.</param>
internal sealed partial class ServingExceptionHandler(
    IHostApplicationLifetime lifetime,
    ILogger<ServingExceptionHandler> logger
) : IExceptionHandler
{
    // nginx's status for a connection closed by the client. It appears only in the log.
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        await ErrorTable.WriteAsync(
            httpContext,
            Describe(httpContext, exception),
            (exception as ServingException)?.Failure.RetryAfter
        );
        return true;
    }

    /// <summary>Describes an exception to the client. An unexpected one is logged.</summary>
    public ErrorResponse Describe(HttpContext httpContext, Exception exception)
    {
        var error = exception switch
        {
            ServingException known => ErrorTable.Describe(httpContext, known.Failure),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ErrorTable.Describe(
                httpContext,
                ErrorCode.BodyTooLarge,
                "The body is larger than the server allows."
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => ErrorTable.Describe(
                httpContext,
                ErrorCode.RequestTimeout,
                $"The body arrived too slowly ({LimitsOptions.Section}:{nameof(LimitsOptions.MinBytesPerSecond)})."
            ),
            OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested => ErrorTable.Describe(
                httpContext,
                ErrorCode.ShuttingDown,
                "The server is shutting down, and the request has not come to its end."
            ),
            BadHttpRequestException bad => ErrorTable.Describe(httpContext, ErrorCode.MalformedRequest, bad.Message),
            _ => ErrorTable.Describe(
                httpContext,
                StatusCodes.Status500InternalServerError,
                ErrorTable.Internal,
                "An unexpected error occurred in the server. Its log holds the details under this trace_id."
            ),
        };
        if (error.Status == StatusCodes.Status500InternalServerError)
            LogBug(exception, error.TraceId);
        return error;
    }

    [LoggerMessage(LogLevel.Error, "Unexpected exception, trace {TraceId}")]
    private partial void LogBug(Exception exception, string traceId);
}
