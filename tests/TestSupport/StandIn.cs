using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Xunit;

namespace ModelService.TestSupport;

/// <summary>
/// A service of object storage as a process on this machine, from the npm packages of <c>tests/Stores</c>. Tests are
/// skipped where these are not installed.
/// </summary>
public sealed class StandIn : IDisposable
{
    private readonly Process process;
    private readonly string folder;

    private StandIn(string script, Func<int, string, string[]> arguments)
    {
        var path = Repository.Path("tests", "Stores", "node_modules", script);
        Assert.SkipUnless(File.Exists(path), "The stand-ins are not installed (cd tests/Stores && npm ci).");
        folder = Directory.CreateTempSubdirectory("stand-in-").FullName;
        Port = PostgresServer.FreePort();
        var start = new ProcessStartInfo("node", [path, .. arguments(Port, folder)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The port that it listens on, on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Amazon's S3, with a bucket <c>models</c>.</summary>
    public static Task<StandIn> S3Async() =>
        StartAsync(
            "s3rver/bin/s3rver.js",
            (port, folder) =>
                ["--directory", folder, "--address", "127.0.0.1", "--port", Text(port), "--configure-bucket", "models"]
        );

    /// <summary>Azure's blobs, without a container.</summary>
    public static Task<StandIn> AzureAsync() =>
        StartAsync(
            "azurite/dist/src/blob/main.js",
            (port, folder) =>
                [
                    "--location",
                    folder,
                    "--blobHost",
                    "127.0.0.1",
                    "--blobPort",
                    Text(port),
                    "--skipApiVersionCheck",
                    "--disableTelemetry",
                ]
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<StandIn> StartAsync(string script, Func<int, string, string[]> arguments)
    {
        var server = new StandIn(script, arguments);
        await Eventually.GetAsync(() => server.IsListeningAsync(), listens => listens);
        return server;
    }

    private async Task<bool> IsListeningAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
