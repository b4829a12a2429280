using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>
/// The API keys that the server accepts: those of the configuration and of the keys file. If keys are required and
/// neither has any, one is generated for this run.
/// </summary>
internal sealed partial class ApiKeys : IHostedService, IDisposable
{
    private readonly IHostEnvironment environment;
    private readonly ILogger logger;
    private readonly IReadOnlyList<ApiKeyDefinition> configured;
    private readonly ApiKeyFile? file;
    private readonly string? generated;

    /// <summary>Reads the configured keys and the keys file.</summary>
    /// <param name="options">The keys, and whether they are required.</param>
    /// <param name="environment">The environment's name, and the base of relative paths.</param>
    /// <param name="clock">Says when to look for changes of the file.</param>
    /// <param name="logger">
    /// Logs when the keys change, when no key is required, and when one is and there is none.
    /// </param>
    public ApiKeys(
        IOptions<AuthOptions> options,
        IHostEnvironment environment,
        TimeProvider clock,
        ILogger<ApiKeys> logger
    )
    {
        (this.environment, this.logger) = (environment, logger);
        AreRequired = options.Value.Required ?? !environment.IsDevelopment();
        configured = options.Value.Keys;
        if (options.Value.KeysFile is { } path)
            file = new ApiKeyFile(Path.GetFullPath(path, environment.ContentRootPath), clock, logger, WarnOfEmptyFile);
        else if (AreRequired && configured.Count == 0)
            configured = [NewKey.Define("generated", generated = NewKey.Create(), Scopes.All)];
    }

    /// <summary>Whether requests require a key.</summary>
    public bool AreRequired { get; }

    /// <summary>Returns the identity of a key, with the key's name and scopes; null for an unknown key.</summary>
    public ClaimsIdentity? Find(string key)
    {
        var hash = NewKey.Hash(key);
        ApiKeyDefinition? found = null;

        // All keys are compared completely, so that the time taken reveals nothing about them.
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

    /// <summary>
    /// Prints the generated key to standard error. It is not logged, because logs may be sent to other machines.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!AreRequired && !environment.IsDevelopment())
            LogNoKeyRequired();
        WarnOfEmptyFile();
        if (generated is null)
            return;
        await Console.Error.WriteLineAsync(
            "No API key is configured. This generated key has all scopes and is valid until the server stops: "
                + generated
        );
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => file?.Dispose();

    // A server without keys starts, since the file may get its keys later, but refuses nearly all requests until then.
    private void WarnOfEmptyFile()
    {
        if (!AreRequired || file is not { Keys.Count: 0 })
            return;
        if (configured.Count == 0)
            LogNoKey(file.Path);
        else
            LogEmptyFile(file.Path, configured.Count);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "There is no API key: {Path} has none, and neither has the configuration. Every request that needs a key is "
            + "refused. Add an entry of --new-key to the file"
    )]
    private partial void LogNoKey(string path);

    [LoggerMessage(
        LogLevel.Warning,
        "{Path} has no API key. The server accepts only the {Count} keys of its configuration"
    )]
    private partial void LogEmptyFile(string path, int count);

    [LoggerMessage(LogLevel.Warning, "No API key is required: every client may use and change everything")]
    private partial void LogNoKeyRequired();
}
