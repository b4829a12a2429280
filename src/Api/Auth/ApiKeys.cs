using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>The keys that open the server: those of the configuration and of the keys file; with neither, one that is made for this run.</summary>
internal sealed partial class ApiKeys : IHostedService, IDisposable
{
    private readonly IHostEnvironment environment;
    private readonly ILogger logger;
    private readonly IReadOnlyList<ApiKeyDefinition> configured;
    private readonly ApiKeyFile? file;
    private readonly string? generated;

    /// <param name="options">The keys, and whether they are required.</param>
    /// <param name="environment">Whether this is Development, and where relative paths begin.</param>
    /// <param name="logger">Told when the keys change, and when none is needed.</param>
    public ApiKeys(IOptions<AuthOptions> options, IHostEnvironment environment, ILogger<ApiKeys> logger)
    {
        (this.environment, this.logger) = (environment, logger);
        AreRequired = options.Value.Required ?? !environment.IsDevelopment();
        configured = options.Value.Keys;
        if (options.Value.KeysFile is { } path)
            file = new ApiKeyFile(Path.GetFullPath(path, environment.ContentRootPath), logger);
        else if (AreRequired && configured.Count == 0)
            configured = [NewKey.Define("generated", generated = NewKey.Make(), Scopes.All)];
    }

    /// <summary>Whether requests need a key.</summary>
    public bool AreRequired { get; }

    /// <summary>Who holds a key: its name and scopes; null when no one does.</summary>
    public ClaimsIdentity? Find(string key)
    {
        var hash = NewKey.Hash(key);
        ApiKeyDefinition? found = null;

        // Every key is compared, and every byte of it, so the time it takes says nothing.
        foreach (var candidate in configured.Concat(file?.Keys ?? []))
        {
            if (CryptographicOperations.FixedTimeEquals(Convert.FromHexString(candidate.Sha256), hash))
                found = candidate;
        }

        if (found is null)
            return null;
        var claims = found
            .Scopes.Select(scope => new Claim(Scopes.Claim, scope))
            .Prepend(new Claim(ClaimTypes.Name, found.Name));
        return new ClaimsIdentity(claims, ApiKeyHandler.SchemeName);
    }

    /// <summary>Prints the key of this run, past the log: it is in no line of it, so wherever logs are sent, it doesn't follow.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!AreRequired && !environment.IsDevelopment())
            LogOpen();
        if (generated is null)
            return;
        await Console.Error.WriteLineAsync(
            $"No key is configured. Until this server ends, this one opens everything: {generated}"
        );
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => file?.Dispose();

    [LoggerMessage(LogLevel.Warning, "No key is needed here: whoever reaches the server may use and change everything")]
    private partial void LogOpen();
}
