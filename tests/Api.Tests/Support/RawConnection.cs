using System.Net.Sockets;
using System.Text;

namespace ModelService.Api.Tests.Support;

/// <summary>A connection for what no HTTP client would send.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly TcpClient socket;

    // Taken at once: TcpClient gives none any more when the server has reset the connection.
    private readonly NetworkStream stream;

    private RawConnection(TcpClient connected) => (socket, stream) = (connected, connected.GetStream());

    /// <summary>Connects.</summary>
    public static async Task<RawConnection> OpenAsync(Uri address)
    {
        var socket = new TcpClient();
        await socket.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        return new RawConnection(socket);
    }

    /// <summary>Sends text as it stands.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes as they stand.</summary>
    public async Task SendAsync(byte[] bytes) => await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    /// <summary>
    /// The next bytes of the answer, at most this many; empty when the server has closed the connection.
    /// </summary>
    public async Task<string> ReadAsync(int atMost = 4096)
    {
        try
        {
            var buffer = new byte[atMost];
            return Encoding.UTF8.GetString(
                buffer,
                0,
                await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)
            );
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>All that comes until the server closes the connection.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var text = new StringBuilder();
        while (await ReadAsync() is { Length: > 0 } more)
            text.Append(more);
        return text.ToString();
    }

    /// <summary>Says that nothing more is sent, and goes on reading.</summary>
    public void SendNoMore()
    {
        try
        {
            socket.Client.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The server has closed the connection.
        }
    }

    /// <summary>Leaves without a word: the server's next packet is answered with a reset.</summary>
    public void Abort()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public void Dispose() => socket.Dispose();
}
