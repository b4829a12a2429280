using System.Text.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using ModelService.Models.Errors;

namespace ModelService.Api.Auth;

/// <summary>The keys in the keys file, which are reloaded when the file changes.</summary>
internal sealed partial class ApiKeyFile : IDisposable
{
    /// <summary>The JSON format of keys.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Strict) { PropertyNamingPolicy = WireNames.Policy };

    private readonly string path;
    private readonly ILogger logger;
    private readonly PhysicalFileProvider folder;
    private readonly IDisposable watch;
    private volatile IReadOnlyList<ApiKeyDefinition> keys;

    /// <summary>Reads the file and watches it.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="logger">Logs each reload.</param>
    /// <exception cref="OptionsValidationException">The file can't be read, or its keys are invalid.</exception>
    public ApiKeyFile(string path, ILogger logger)
    {
        (this.path, this.logger) = (path, logger);
        keys = Read();

        // Polls every few seconds. A mounted secret is replaced by changing a link to a folder, which causes no file
        // system event.
        folder = new PhysicalFileProvider(Path.GetDirectoryName(path)!, ExclusionFilters.None)
        {
            UsePollingFileWatcher = true,
            UseActivePolling = true,
        };
        watch = ChangeToken.OnChange(() => folder.Watch(Path.GetFileName(path)), Reload);
    }

    /// <summary>The keys of the last successful read.</summary>
    public IReadOnlyList<ApiKeyDefinition> Keys => keys;

    public void Dispose()
    {
        watch.Dispose();
        folder.Dispose();
    }

    private void Reload()
    {
        try
        {
            keys = Read();
            LogReload(keys.Count, path);
        }
        catch (OptionsValidationException exception)
        {
            LogFailure(exception.Message);
        }
    }

    private List<ApiKeyDefinition> Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            var read = JsonSerializer.Deserialize<List<ApiKeyDefinition>>(file, Json) ?? [];
            var problems = ApiKeyRules.FindProblems(read).ToList();
            return problems.Count == 0 ? read : throw CreateException(problems);
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw CreateException([exception.Message]);
        }
    }

    private OptionsValidationException CreateException(IEnumerable<string> problems) =>
        new(
            Options.DefaultName,
            typeof(AuthOptions),
            problems.Select(problem => $"{AuthOptions.Section}:{nameof(AuthOptions.KeysFile)}, {path}: {problem}")
        );

    [LoggerMessage(LogLevel.Information, "Read {Count} keys from {Path}")]
    private partial void LogReload(int count, string path);

    [LoggerMessage(LogLevel.Error, "The keys stay unchanged: {Reason}")]
    private partial void LogFailure(string reason);
}
