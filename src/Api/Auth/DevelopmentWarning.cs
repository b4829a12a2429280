using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace ModelService.Api.Auth;

/// <summary>
/// Warns when other machines can reach a server that needs no key because it is in Development. Elsewhere,
/// <see cref="ApiKeys"/> warns wherever it listens.
/// </summary>
/// <param name="keys">Says whether a key is needed.</param>
/// <param name="environment">The environment.</param>
/// <param name="server">Says where it listens.</param>
/// <param name="logger">Logs the warning.</param>
internal sealed partial class DevelopmentWarning(
    ApiKeys keys,
    IHostEnvironment environment,
    IServer server,
    ILogger<DevelopmentWarning> logger
) : IHostedLifecycleService
{
    /// <summary>Warns, once the server listens.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (keys.AreRequired || !environment.IsDevelopment())
            return Task.CompletedTask;
        var addresses = server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        if (addresses.FirstOrDefault(address => !IsLocal(BindingAddress.Parse(address))) is { } open)
            LogOpen(open);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsLocal(BindingAddress address) =>
        address.IsUnixPipe
        || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    [LoggerMessage(
        LogLevel.Warning,
        "The server is in Development and needs no API key: all who reach {Address} may use and change everything. "
            + "--ModelService:Auth:Required=true requires one"
    )]
    private partial void LogOpen(string address);
}
