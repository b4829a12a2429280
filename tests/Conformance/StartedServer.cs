using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ModelService.Conformance;

/// <summary>This project's server, started for the kit, with a model.</summary>
internal sealed partial class StartedServer : IDisposable
{
    /// <summary>The name of the model.</summary>
    public const string Model = "conformance";

    private const string Definition = """
        {"name":"conformance","seed":1,"architecture":{"input":{"channels":3,"height":32,"width":32},
         "layers":[{"type":"flatten"},{"type":"linear","out_features":4}]}}
        """;

    private readonly Process process;
    private readonly string folder;

    private StartedServer(Process process, string folder, Uri rest, Uri grpc) =>
        (this.process, this.folder, Rest, Grpc) = (process, folder, rest, grpc);

    /// <summary>Its address for REST.</summary>
    public Uri Rest { get; }

    /// <summary>Its address for gRPC.</summary>
    public Uri Grpc { get; }

    /// <summary>Starts it, and makes the model.</summary>
    public static async Task<StartedServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("conformance-").FullName;
        var process = Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll"),
                    "--environment=Development",
                    "--Kestrel:Endpoints:Http:Url=http://127.0.0.1:0",
                    "--Kestrel:Endpoints:Http2:Url=http://127.0.0.1:0",
                    "--Kestrel:Endpoints:Http2:Protocols=Http2",
                    $"--ModelService:Storage:Path={folder}",
                ]
            )
            {
                RedirectStandardOutput = true,
                WorkingDirectory = AppContext.BaseDirectory,
            }
        )!;
        var addresses = new BlockingCollection<Uri>();
        process.OutputDataReceived += (_, line) =>
        {
            foreach (Match address in Address().Matches(line.Data ?? ""))
                addresses.Add(new Uri(address.Value));
        };
        process.BeginOutputReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        Uri[] both = [addresses.Take(limit.Token), addresses.Take(limit.Token)];
        using var http = new HttpClient();
        var rest = await SpeaksHttp1Async(http, both[0]) ? both[0] : both[1];
        using var created = await http.PostAsync(new Uri(rest, "/v1/models"), Bodies.Json(Definition), limit.Token);
        created.EnsureSuccessStatusCode();
        return new StartedServer(process, folder, rest, both.Single(address => address != rest));
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<bool> SpeaksHttp1Async(HttpClient http, Uri address)
    {
        using var answer = await http.GetAsync(new Uri(address, "/health/live"));
        return answer.IsSuccessStatusCode;
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:[1-9]\d*")]
    private static partial Regex Address();
}
