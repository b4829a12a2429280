using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace ModelService.Api.Tests.Support;

/// <summary>The server in a process of its own, to be stopped or killed.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private readonly Process process;
    private readonly Channel<string> lines = Channel.CreateUnbounded<string>();

    private ServerProcess(Process process, Uri address)
    {
        this.process = process;
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        Api = new ApiClient(Http);
        _ = ReadAsync();
    }

    /// <summary>Speaks to it.</summary>
    public HttpClient Http { get; }

    /// <summary>Speaks to it, and lets no bug pass.</summary>
    public ApiClient Api { get; }

    public int Id => process.Id;

    /// <summary>The lines that it wrote since it listens.</summary>
    public ChannelReader<string> Lines => lines.Reader;

    /// <summary>Starts it, and waits until it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string data, params string[] settings)
    {
        var process = Launch(data, settings);
        var address = await AddressAsync(process);
        if (address is null)
        {
            var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.Fail($"The server does not start: {error}");
        }

        // What it writes from now on must not fill the pipe.
        _ = process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        return new ServerProcess(process, address);
    }

    /// <summary>Starts it where it is expected to end by itself.</summary>
    public static async Task<(int ExitCode, string Error)> RunAsync(string data, params string[] settings)
    {
        using var process = Launch(data, settings);
        process.BeginOutputReadLine();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
        Http.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line) lines.Writer.TryWrite(line);
        lines.Writer.Complete();
    }

    private static Process Launch(string data, string[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [
            Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"), "--urls", "http://127.0.0.1:0", $"--ModelService:Storage:Path={data}", .. settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development" },
        };
        return Process.Start(start)!;
    }

    private static async Task<Uri?> AddressAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (Listening().Match(line) is { Success: true } match) return new Uri(match.Value);
        }

        return null;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}
