using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;

[assembly: AssemblyFixture(typeof(ApiServer))]

namespace ModelService.Api.Tests.Support;

/// <summary>
/// The whole server in the test's process. Tests that need no settings of their own share one. The factory finds its
/// program by any public type of it.
/// </summary>
public sealed class ApiServer : WebApplicationFactory<LimitsOptions>
{
    private readonly Lazy<ApiClient> api;
    private readonly TemporaryFolder data = new();
    private bool onSocket;

    public ApiServer() => api = new Lazy<ApiClient>(() => Connect());

    /// <summary>Speaks to it.</summary>
    public ApiClient Api => api.Value;

    /// <summary>Settings of its own, by configuration key.</summary>
    internal Dictionary<string, string> Settings { get; init; } = [];

    /// <summary>Services put in the place of its own.</summary>
    internal Action<IServiceCollection> Configure { get; init; } = static _ => { };

    /// <summary>Has it listen on a real socket, where that matters.</summary>
    internal ApiServer OnSocket()
    {
        // By options: with a port alone, the factory sets the address beside the start, and at times too late.
        UseKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        onSocket = true;
        return this;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // Of its log, tests show what is a bug.
        builder.UseSetting("Serilog:MinimumLevel:Default", "Error");
        builder.UseSetting("Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime", "Error");
        builder.UseSetting("ModelService:Storage:Path", data.Path);
        foreach (var (key, value) in Settings)
            builder.UseSetting(key, value);
        builder.ConfigureTestServices(Configure);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        data.Dispose();
    }

    /// <summary>Speaks to it, with headers of its own.</summary>
    internal ApiClient Connect(params (string Name, string Value)[] headers)
    {
        // Starting it tells the options which port it got.
        if (onSocket)
            StartServer();
        var http = CreateClient(ClientOptions);
        foreach (var (name, value) in headers)
            http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        return new ApiClient(http);
    }
}
