using System.Diagnostics;
using System.Net;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace ModelService.Api.Cluster;

/// <summary>The connections to the other servers of a cluster.</summary>
internal sealed class ForwardingClient : IDisposable
{
    private readonly GrpcChannelOptions calls;

    /// <summary>Creates the client; nothing is connected yet.</summary>
    /// <param name="limits">How long another server may take.</param>
    public ForwardingClient(IOptions<LimitsOptions> limits)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = TimeSpan.FromSeconds(2),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),

            // The other server says whether it takes the request before it gets the body, so another one still can.
            Expect100ContinueTimeout = limits.Value.RequestTimeout,
            ActivityHeadersPropagator = new ReverseProxyPropagator(DistributedContextPropagator.Current),
        };
        Http = new HttpMessageInvoker(handler);

        // Of a handler alone, a channel would change how it connects, also for other requests.
        calls = new GrpcChannelOptions
        {
            HttpClient = new HttpClient(new GrpcWebHandler(handler)) { Timeout = Timeout.InfiniteTimeSpan },
            HttpVersion = HttpVersion.Version11,
            MaxReceiveMessageSize = null,
        };
    }

    /// <summary>Sends requests as they are.</summary>
    public HttpMessageInvoker Http { get; }

    /// <summary>
    /// Opens a channel for calls to a server. They go as gRPC-Web, which HTTP/1.1 can carry: the address of a server is
    /// that of its port for HTTP, which speaks HTTP/2 only with TLS.
    /// </summary>
    /// <param name="server">The server's address.</param>
    /// <returns>The channel, for the caller to dispose. All channels share the connections.</returns>
    public GrpcChannel Open(Uri server) => GrpcChannel.ForAddress(server, calls);

    /// <inheritdoc/>
    public void Dispose() => Http.Dispose();
}
