using System.Net;

namespace ModelService.Api.Tests.Support;

/// <summary>A server to be attacked: in a process of its own, with API keys and a model named "kept".</summary>
public sealed class AttackedServer : IAsyncLifetime
{
    // One that keeps what an attack sends, or unpacks it, grows by far more.
    private const long MostGrowth = 64 << 20;

    private readonly TemporaryFolder data = new();
    private ServerProcess? server;

    /// <summary>Where it is.</summary>
    internal Uri Address => server!.Api.BaseAddress;

    /// <summary>The version of HTTP it speaks.</summary>
    internal Version Version { get; init; } = HttpVersion.Version11;

    /// <summary>Settings of its own, such as <c>ModelService:Limits:MaxParameters=1000</c>.</summary>
    internal IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>The folder of all its files.</summary>
    internal string Data => data.Path;

    /// <summary>The folder where its uploads wait.</summary>
    internal string Staging => Path.Combine(Data, "staging");

    /// <summary>Whether it has crashed.</summary>
    internal bool HasExited => server!.HasExited;

    /// <summary>The lines of its log.</summary>
    internal IReadOnlyCollection<string> Output => server!.Output;

    /// <summary>The lines of its standard error.</summary>
    internal IReadOnlyCollection<string> Errors => server!.Errors;

    public async ValueTask InitializeAsync()
    {
        string[] settings =
        [
            .. Keys.Settings.Select(setting => $"--{setting.Key}={setting.Value}"),
            $"--ModelService:Storage:Staging={Staging}",
            .. Settings.Select(setting => $"--{setting}"),
        ];

        // Without TLS, a port speaks HTTP/2 if it speaks nothing else.
        server = await ServerProcess.StartAsync(
            Data,
            [.. settings, $"--Kestrel:EndpointDefaults:Protocols=Http{Version.Major}"]
        );
        await With("manage").CreateAsync(Networks.Tiny("kept"));
    }

    public ValueTask DisposeAsync()
    {
        server?.Dispose();
        data.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Speaks to it.</summary>
    /// <param name="key">With which key; null for none.</param>
    internal ApiClient With(string? key)
    {
        var http = new HttpClient
        {
            BaseAddress = Address,
            DefaultRequestVersion = Version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (key is not null)
            http.DefaultRequestHeaders.Add("X-API-Key", key);
        return new ApiClient(http);
    }

    /// <summary>
    /// Attacks it twice. The second attack finds all caches filled, so any growth is memory that the attack left
    /// behind.
    /// </summary>
    internal async Task UnharmedAsync(Func<Task> attack)
    {
        await attack();
        await AssertItServesAsync();
        var before = server!.ResidentBytes;

        await attack();

        await AssertItServesAsync();
        var growth = server!.ResidentBytes - before;
        Assert.True(growth <= MostGrowth, $"The process grew by {growth >> 20} MiB.");
    }

    /// <summary>Asks it for a prediction.</summary>
    internal async Task AssertItServesAsync() =>
        (await With("predict").PredictAsync("kept", Networks.InputJson())).Ok();
}
