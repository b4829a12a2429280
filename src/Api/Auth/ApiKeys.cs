using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using ModelService.Models.Access;

namespace ModelService.Api.Auth;

/// <summary>
/// The API keys that the server accepts: those of the configuration, of the keys file, and those that servers share. If
/// keys are required and there are none, one is generated for this run.
/// </summary>
internal sealed partial class ApiKeys : IHostedService, IDisposable
{
    private readonly IHostEnvironment environment;
    private readonly ILogger logger;
    private readonly KeyCatalog stored;
    private readonly ApiKeyFile? file;
    private IReadOnlyList<ApiKeyDefinition> configured;

    /// <summary>Reads the configured keys and the keys file.</summary>
    /// <param name="options">The keys, and whether they are required.</param>
    /// <param name="stored">The keys that servers share.</param>
    /// <param name="environment">The environment's name, and the base of relative paths.</param>
    /// <param name="clock">Says when to look for changes of the file.</param>
    /// <param name="logger">
    /// Logs when the keys change, when no key is required, and when one is and there is none.
    /// </param>
    public ApiKeys(
        IOptions<AuthOptions> options,
        KeyCatalog stored,
        IHostEnvironment environment,
        TimeProvider clock,
        ILogger<ApiKeys> logger
    )
    {
        (this.stored, this.environment, this.logger) = (stored, environment, logger);
        AreRequired = options.Value.Required ?? !environment.IsDevelopment();
        configured = options.Value.Keys;
        if (options.Value.KeysFile is { } path)
            file = new ApiKeyFile(Path.GetFullPath(path, environment.ContentRootPath), clock, logger, WarnOfEmptyFile);
    }

    /// <summary>Whether requests require a key.</summary>
    public bool AreRequired { get; }

    /// <summary>The keys of the configuration and of the keys file.</summary>
    public IEnumerable<ApiKeyDefinition> Configured => configured.Concat(file?.Keys ?? []);

    /// <summary>Returns the identity of a key, with the key's name and scopes; null for an unknown key.</summary>
    public ClaimsIdentity? Find(string key)
    {
        var hash = NewKey.Hash(key);
        ApiKeyDefinition? found = null;

        // All keys are compared completely, so that the time taken reveals nothing about them.
        foreach (var candidate in Configured)
        {
            if (CryptographicOperations.FixedTimeEquals(Convert.FromHexString(candidate.Sha256), hash))
                found = candidate;
        }

        if (found is not null)
            return Identify(found.Name, found.Scopes);
        return stored.Find(Convert.ToHexStringLower(hash)) is { } shared ? Identify(shared.Name, shared.Scopes) : null;
    }

    /// <summary>
    /// Reads the keys that servers share. If there is no key at all, it generates one and prints it to standard error.
    /// It is not logged, because logs may be sent to other machines.
    /// </summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!AreRequired && !environment.IsDevelopment())
            LogNoKeyRequired();
        await stored.OpenAsync(cancellationToken);
        WarnOfEmptyFile();
        if (!AreRequired || file is not null || configured.Count + CountStored() > 0)
            return;
        var generated = NewKey.Create();
        configured = [NewKey.Define("generated", generated, Scopes.All)];
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
        var others = configured.Count + CountStored();
        if (others == 0)
            LogNoKey(file.Path);
        else
            LogEmptyFile(file.Path, others);
    }

    private int CountStored() => stored.List().Count(stored.IsValid);

    private static ClaimsIdentity Identify(string name, IEnumerable<string> scopes) =>
        new(
            scopes.Select(scope => new Claim(Scopes.Claim, scope)).Prepend(new Claim(ClaimTypes.Name, name)),
            ApiKeyHandler.SchemeName
        );

    [LoggerMessage(
        LogLevel.Warning,
        "There is no API key: {Path} has none, and neither has the configuration. Every request that needs a key is "
            + "refused. Add an entry of --new-key to the file"
    )]
    private partial void LogNoKey(string path);

    [LoggerMessage(
        LogLevel.Warning,
        "{Path} has no API key. The server accepts only the {Count} keys that it has elsewhere"
    )]
    private partial void LogEmptyFile(string path, int count);

    [LoggerMessage(LogLevel.Warning, "No API key is required: every client may use and change everything")]
    private partial void LogNoKeyRequired();
}
