using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ModelService.Api.Tests.Support;

/// <summary>The server in a process of its own, to be stopped or killed.</summary>
internal sealed partial class ServerProcess : IDisposable
{
    private readonly Process process;

    private ServerProcess(Process process, Uri address, ConcurrentQueue<string> output, ConcurrentQueue<string> errors)
    {
        this.process = process;
        (Output, Errors) = (output, errors);
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        Api = new ApiClient(Http);
    }

    /// <summary>Speaks to it.</summary>
    public HttpClient Http { get; }

    /// <summary>Speaks to it, and lets no bug pass.</summary>
    public ApiClient Api { get; }

    public int Id => process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>Bytes that it has in RAM.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The lines of its standard output so far.</summary>
    public IReadOnlyCollection<string> Output { get; }

    /// <summary>The lines of its standard error so far.</summary>
    public IReadOnlyCollection<string> Errors { get; }

    /// <summary>Starts it, and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(string data, params string[] settings) =>
        StartAsync(data, new Dictionary<string, string>(), settings);

    /// <summary>Starts it with environment variables of its own, and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(
        string data,
        IReadOnlyDictionary<string, string> environment,
        params string[] settings
    ) => WaitAsync(Launch(data, settings, environment));

    /// <summary>Starts it in a network of its own, and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(string data, OwnNetwork network, params string[] settings) =>
        WaitAsync(Launch(data, [$"--urls=http://{network.Server}:0", .. settings], network: network));

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
        if (!process.HasExited)
            process.Kill();
        process.Dispose();
        Http.Dispose();
    }

    private static async Task<ServerProcess> WaitAsync(Process process)
    {
        var (output, errors) = (new ConcurrentQueue<string>(), new ConcurrentQueue<string>());
        var address = new TaskCompletionSource<Uri?>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                output.Enqueue(line.Data);
            if (line.Data is null)
                address.TrySetResult(null);
            else if (Listening().Match(line.Data) is { Success: true } match)
                address.TrySetResult(new Uri(match.Value));
        };
        process.ErrorDataReceived += (_, line) => errors.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (await address.Task.WaitAsync(TestContext.Current.CancellationToken) is { } found)
            return new ServerProcess(process, found, output, errors);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        throw new InvalidOperationException(
            $"The server does not start, and ends with {process.ExitCode}: {string.Join('\n', [.. errors, .. output])}"
        );
    }

    private static Process Launch(
        string data,
        string[] settings,
        IReadOnlyDictionary<string, string>? environment = null,
        OwnNetwork? network = null
    )
    {
        string[] program = [.. network?.Command ?? [], "dotnet"];
        var start = new ProcessStartInfo(
            program[0],
            [
                .. program[1..],
                Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
                "--urls",
                "http://127.0.0.1:0",
                $"--ModelService:Storage:Path={data}",
                .. settings,
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development" },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    [GeneratedRegex(@"http://[\d.]+:[1-9]\d*")]
    private static partial Regex Listening();
}
