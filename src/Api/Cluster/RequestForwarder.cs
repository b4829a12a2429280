using Microsoft.Extensions.Options;
using ModelService.Api.Errors;
using ModelService.Api.Grpc;
using ModelService.Models.Errors;
using ModelService.Models.Registry.Placement;
using Yarp.ReverseProxy.Forwarder;

namespace ModelService.Api.Cluster;

/// <summary>
/// Sends requests for models that belong on other servers to one of these. If none of them takes the request, it is
/// answered here. <see cref="CallForwarder"/> does so for calls over gRPC.
/// </summary>
/// <param name="next">Answers a request here.</param>
/// <param name="placement">Tells the servers of a model.</param>
/// <param name="forwarder">Sends requests on.</param>
/// <param name="client">The connections to the other servers.</param>
/// <param name="metrics">Counts them.</param>
/// <param name="limits">How long another server may take.</param>
internal sealed class RequestForwarder(
    RequestDelegate next,
    ModelPlacement placement,
    IHttpForwarder forwarder,
    ForwardingClient client,
    ForwardingMetrics metrics,
    IOptions<LimitsOptions> limits
)
{
    private readonly ForwarderRequestConfig timing = new() { ActivityTimeout = limits.Value.RequestTimeout };

    /// <summary>Answers a request, here or on another server.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        if (FindServers(context) is { Count: > 0 } servers)
        {
            var name = Name(context)!;
            var own = context.Request.Body;
            var body = new WatchedBody(own);
            context.Request.Body = body;
            foreach (var server in servers)
            {
                var sending = new Sending(body, placement.Secret);
                var error = await forwarder.SendAsync(context, server.OriginalString, client.Http, timing, sending);
                if (sending.IsRefused)
                    placement.Relieve(name);
                if (context.Response.HasStarted || (error == ForwarderError.None && !sending.IsDeclined))
                {
                    metrics.Forwarded();
                    return;
                }

                metrics.Failed();
                if (context.RequestAborted.IsCancellationRequested)
                    return;
                if (body.IsRead)
                {
                    await FailAsync(context, name);
                    return;
                }

                context.Response.StatusCode = StatusCodes.Status200OK;
            }

            context.Request.Body = own;
        }

        await next(context);
    }

    private IReadOnlyList<Uri> FindServers(HttpContext context)
    {
        var isOurs = context.GetEndpoint()?.Metadata.GetMetadata<RunsModelAttribute>() is not null;
        return isOurs && Name(context) is { } name
            ? placement.FindServers(context, name, context.Request.RouteValues["version"] as string)
            : [];
    }

    private static string? Name(HttpContext context) => context.Request.RouteValues["name"] as string;

    private static Task FailAsync(HttpContext context, string name)
    {
        var failure = new Failure(
            ErrorCode.ModelNotReady,
            $"The server that has the model '{Suggestions.Shorten(name)}' in memory left while it answered. Try again."
        );
        return ErrorTable.WriteAsync(context, ErrorTable.Describe(context, failure), failure.RetryAfter);
    }

    /// <summary>Sends a request with the body only when the other server asks for it.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="secret">Proves that the request comes from this server.</param>
    private sealed class Sending(WatchedBody body, string? secret) : HttpTransformer
    {
        /// <summary>Whether the other server can't answer now: it has too much to do, or too little memory.</summary>
        public bool IsRefused { get; private set; }

        /// <summary>
        /// Whether it said so before it got the body: its answer is dropped, because another server can still answer.
        /// </summary>
        public bool IsDeclined { get; private set; }

        /// <inheritdoc/>
        public override async ValueTask TransformRequestAsync(
            HttpContext httpContext,
            HttpRequestMessage proxyRequest,
            string destinationPrefix,
            CancellationToken cancellationToken
        )
        {
            await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
            proxyRequest.Headers.TryAddWithoutValidation(ForwardedRequests.Header, secret);
            proxyRequest.Headers.ExpectContinue = proxyRequest.Content is not null;
        }

        /// <inheritdoc/>
        public override ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext,
            HttpResponseMessage? proxyResponse,
            CancellationToken cancellationToken
        )
        {
            IsRefused = proxyResponse is not null && ForwardedRequests.IsRefusal((int)proxyResponse.StatusCode);
            IsDeclined = IsRefused && !body.IsRead;
            return IsDeclined
                ? new ValueTask<bool>(false)
                : base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
