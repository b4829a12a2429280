using System.Net;
using System.Net.Sockets;

namespace ModelService.Api.Tests.Support;

/// <summary>
/// A network between a server and another one on this machine, which a test can cut. As on a real network, nobody is
/// told: what is sent waits, and goes on when the network is whole again.
/// </summary>
internal sealed class Cable : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly int target;
    private volatile TaskCompletionSource whole = new();

    /// <summary>Connects a port of its own with another one.</summary>
    /// <param name="target">The other port, on 127.0.0.1.</param>
    public Cable(int target)
    {
        this.target = target;
        whole.SetResult();
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The port to connect with instead.</summary>
    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>From now on, nothing arrives.</summary>
    public void Cut() => whole = new TaskCompletionSource();

    /// <summary>All that was sent arrives.</summary>
    public void Mend() => whole.SetResult();

    public void Dispose()
    {
        end.Cancel();
        listener.Dispose();
        end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ConnectAsync(await listener.AcceptTcpClientAsync(end.Token));
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ConnectAsync(TcpClient near)
    {
        using (near)
        using (var far = new TcpClient())
        {
            try
            {
                await whole.Task.WaitAsync(end.Token);
                await far.ConnectAsync(IPAddress.Loopback, target, end.Token);
                await Task.WhenAny(
                    CopyAsync(near.GetStream(), far.GetStream()),
                    CopyAsync(far.GetStream(), near.GetStream())
                );
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException)
            {
                // The test is over, or the other side is not there.
            }
        }
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (await from.ReadAsync(buffer, end.Token) is > 0 and var count)
            {
                await whole.Task.WaitAsync(end.Token);
                await to.WriteAsync(buffer.AsMemory(0, count), end.Token);
            }
        }
        catch (Exception exception)
            when (exception is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The connection is closed.
        }
    }
}
