using Grpc.Core;
using Microsoft.AspNetCore.Http.Timeouts;
using ModelService.Api.Errors;
using ModelService.Models.Errors;

namespace ModelService.Api.Grpc;

/// <summary>
/// Turns the exceptions of calls into statuses, as <see cref="ServingExceptionHandler"/> does for REST.
/// </summary>
/// <param name="handler">Describes exceptions.</param>
/// <param name="clock">Says what time it is.</param>
internal sealed class GrpcFailures(ServingExceptionHandler handler, TimeProvider clock)
{
    private static readonly TimeSpan ClockDifference = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a call.</summary>
    /// <param name="context">The call.</param>
    /// <param name="call">What it does.</param>
    /// <exception cref="RpcException">It failed.</exception>
    public async Task RunAsync(ServerCallContext context, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw Describe(context, exception);
        }
    }

    private RpcException Describe(ServerCallContext context, Exception exception)
    {
        var http = context.GetHttpContext();
        if (exception is OperationCanceledException || http.RequestAborted.IsCancellationRequested)
        {
            if (!HasTimedOut(context, http))
                return new RpcException(new Status(StatusCode.Cancelled, "The client has cancelled the call."));
            exception = new ServingException(
                ErrorCode.DeadlineExceeded,
                "The call exceeded its deadline or the server's time limit."
            );
        }

        var error = handler.Describe(http, exception);
        ErrorTable.Record(http, error);
        return GrpcError.Create(error, (exception as ServingException)?.Failure.RetryAfter);
    }

    // A client gives up at its deadline, too, and may be the first of the two.
    private bool HasTimedOut(ServerCallContext context, HttpContext http) =>
        http.Features.Get<IHttpRequestTimeoutFeature>()?.RequestTimeoutToken.IsCancellationRequested == true
        || (
            context.Deadline != DateTime.MaxValue
            && (
                !http.RequestAborted.IsCancellationRequested
                || context.Deadline - clock.GetUtcNow().UtcDateTime < ClockDifference
            )
        );
}
