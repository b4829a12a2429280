using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ModelService.Benchmarks.Load;

/// <summary>
/// The server in a process of its own, with a data folder that is removed with it, and with figures of its consumption.
/// </summary>
internal sealed partial class MeasuredServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly DirectoryInfo data;

    private MeasuredServer(Process process, DirectoryInfo data, Uri address)
    {
        (this.process, this.data) = (process, data);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue })
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromMinutes(5),
        };
    }

    public HttpClient Http { get; }

    /// <summary>The memory of the process that is in RAM at this moment.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts it, and waits until it listens.</summary>
    /// <param name="settings">Such as <c>Batching:MaxBatchSize=1</c>.</param>
    public static async Task<MeasuredServer> StartAsync(params string[] settings)
    {
        var data = Directory.CreateTempSubdirectory("model-service-load");
        string[] all = [$"Storage:Path={data.FullName}", "Limits:MaxConnections=100000", .. settings];
        var start = new ProcessStartInfo(
            "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
                "--urls",
                "http://127.0.0.1:0",
                .. all.Select(setting => $"--ModelService:{setting}"),
            ]
        )
        {
            RedirectStandardOutput = true,
            WorkingDirectory = AppContext.BaseDirectory,
            // Development needs no API keys; the log is the one of Production.
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["ModelService__Logging__Format"] = "json" },
        };
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (Listening().Match(line) is not { Success: true } match)
                continue;
            _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
            return new MeasuredServer(process, data, new Uri(match.Value));
        }

        throw new InvalidOperationException("The server does not start; what it said is above.");
    }

    /// <summary>Creates a model of a predefined network with 7 classes, and waits until it is ready.</summary>
    public Task CreateAsync(string name, string network) =>
        CreateAsync(
            new
            {
                name,
                @base = network,
                num_classes = 7,
                seed = 1,
            }
        );

    /// <summary>Creates a model and waits until it is ready.</summary>
    public async Task CreateAsync(object definition)
    {
        using var answer = await Http.PostAsJsonAsync("/v1/models", definition);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        var name = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("name").GetString();
        while (
            (await Http.GetFromJsonAsync<JsonElement>($"/v1/models/{name}"))
                .GetProperty("versions")[0]
                .GetProperty("state")
                .GetString() != "ready"
        )
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Has some traffic, and measures what it costs.</summary>
    public async Task<(Outcome Outcome, Cost Cost)> MeasureAsync(Func<Task<Outcome>> traffic)
    {
        var (before, client) = (await UsageAsync(), Environment.CpuUsage.TotalTime);
        var outcome = await traffic();
        var (after, clientAfter) = (await UsageAsync(), Environment.CpuUsage.TotalTime);
        return (
            outcome,
            new Cost(
                after.CpuSeconds - before.CpuSeconds,
                (clientAfter - client).TotalSeconds,
                after.Allocated - before.Allocated,
                before.Resident,
                after.Resident
            )
        );
    }

    /// <summary>What the process used so far, by its own metrics.</summary>
    public async Task<(double CpuSeconds, double Allocated, double Resident)> UsageAsync()
    {
        var metrics = await Http.GetStringAsync("/metrics");
        double Sum(string name) =>
            metrics
                .Split('\n')
                .Where(line =>
                    line.StartsWith(name + '{', StringComparison.Ordinal)
                    || line.StartsWith(name + ' ', StringComparison.Ordinal)
                )
                .Sum(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
        return (
            Sum("dotnet_process_cpu_time_seconds_total"),
            Sum("dotnet_gc_heap_total_allocated_bytes_total"),
            Sum("dotnet_process_memory_working_set_bytes")
        );
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        data.Delete(recursive: true);
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Listening();
}

/// <summary>What some traffic cost.</summary>
/// <param name="CpuSeconds">Processor time of the server, of user and system.</param>
/// <param name="ClientCpuSeconds">The same of its clients.</param>
/// <param name="Allocated">Bytes that the server's managed code allocated.</param>
/// <param name="ResidentBefore">Bytes that the server had in RAM before.</param>
/// <param name="Resident">Those it has after.</param>
internal readonly record struct Cost(
    double CpuSeconds,
    double ClientCpuSeconds,
    double Allocated,
    double ResidentBefore,
    double Resident
);
