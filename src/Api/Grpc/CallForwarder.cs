using Grpc.Core;
using Microsoft.Extensions.Options;
using ModelService.Api.Cluster;
using ModelService.Api.Errors;
using ModelService.Models.Errors;
using ModelService.Models.Registry.Placement;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>
/// Sends the requests of calls for models that belong on other servers to one of these, as
/// <see cref="RequestForwarder"/> does with requests over HTTP. The model's name is in the message, so this can only be
/// decided when the message is in memory; that is why another server can still get it when one fails.
/// </summary>
/// <param name="placement">Tells the servers of a model.</param>
/// <param name="client">The connections to the other servers.</param>
/// <param name="metrics">Counts the requests.</param>
/// <param name="limits">How long another server may take.</param>
/// <param name="clock">Says what time it is.</param>
internal sealed class CallForwarder(
    ModelPlacement placement,
    ForwardingClient client,
    ForwardingMetrics metrics,
    IOptions<LimitsOptions> limits,
    TimeProvider clock
)
{
    // Those of the message that arrived; the client has its own.
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-length",
        "user-agent",
    };

    /// <summary>Sends a request to another server, if it is for one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>What another server has answered; null: this server has to answer.</returns>
    public async Task<Outcome<ModelInferResponse>?> SendAsync(
        ModelInferRequest request,
        ServerCallContext context,
        CancellationToken cancellationToken
    )
    {
        var http = context.GetHttpContext();
        foreach (var server in placement.FindServers(http, request.ModelName, request.ModelVersion))
        {
            try
            {
                using var channel = client.Open(server);
                var options = new CallOptions(HeadersOf(context), DeadlineOf(context), cancellationToken);
                var answer = await channel
                    .CreateCallInvoker()
                    .AsyncUnaryCall(InferenceMethods.ModelInfer, null, options, request);
                metrics.Forwarded();
                return answer;
            }
            catch (RpcException exception)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var failure = GrpcError.Find(exception);
                if (failure is not null && !ForwardedRequests.IsRefusal(ErrorTable.StatusOf(failure.Code)))
                {
                    metrics.Forwarded();
                    return failure;
                }

                metrics.Failed();
                if (failure is not null)
                    placement.Relieve(request.ModelName);
            }
        }

        return null;
    }

    // A stream has no deadline, but a server that hangs must not hold up its requests.
    private DateTime DeadlineOf(ServerCallContext context)
    {
        var limit = clock.GetUtcNow().UtcDateTime + limits.Value.RequestTimeout;
        return context.Deadline < limit ? context.Deadline : limit;
    }

    private Metadata HeadersOf(ServerCallContext context)
    {
        var headers = new Metadata { { ForwardedRequests.Header, placement.Secret! } };
        foreach (var header in context.RequestHeaders.Where(header => !OwnHeaders.Contains(header.Key)))
            headers.Add(header);
        return headers;
    }
}
