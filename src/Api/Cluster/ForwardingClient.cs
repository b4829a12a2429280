using System.Diagnostics;
using System.Net;
using Yarp.ReverseProxy.Forwarder;

namespace ModelService.Api.Cluster;

/// <summary>The connections to the other servers of a cluster.</summary>
internal sealed class ForwardingClient : IDisposable
{
    /// <summary>Sends requests as they are.</summary>
    public HttpMessageInvoker Http { get; } =
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),

                // The other server says whether it takes the request before it gets the body, so another one still can.
                Expect100ContinueTimeout = TimeSpan.FromMinutes(5),
                ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
            }
        );

    /// <inheritdoc/>
    public void Dispose() => Http.Dispose();
}
