using System.Text.Json;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using ModelService.Models.Errors;

namespace ModelService.Api.Auth;

/// <summary>The keys of a file, which follow it while the server runs.</summary>
internal sealed partial class ApiKeyFile : IDisposable
{
    /// <summary>How keys are written.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Strict) { PropertyNamingPolicy = WireNames.Policy };

    private readonly string path;
    private readonly ILogger logger;
    private readonly PhysicalFileProvider folder;
    private readonly IDisposable watch;
    private volatile IReadOnlyList<ApiKeyDefinition> keys;

    /// <summary>Reads the file and watches it.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="logger">Told of each change.</param>
    /// <exception cref="OptionsValidationException">It can't be read, or its keys are not as they must be.</exception>
    public ApiKeyFile(string path, ILogger logger)
    {
        (this.path, this.logger) = (path, logger);
        keys = Read();

        // Looked at every few seconds: of a mounted secret, where a link to a folder changes, no event of the file system tells.
        folder = new PhysicalFileProvider(Path.GetDirectoryName(path)!, ExclusionFilters.None)
        {
            UsePollingFileWatcher = true,
            UseActivePolling = true,
        };
        watch = ChangeToken.OnChange(() => folder.Watch(Path.GetFileName(path)), Reload);
    }

    /// <summary>The keys as they were when the file could last be read.</summary>
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
            LogRefusal(exception.Message);
        }
    }

    private List<ApiKeyDefinition> Read()
    {
        try
        {
            using var file = File.OpenRead(path);
            var read = JsonSerializer.Deserialize<List<ApiKeyDefinition>>(file, Json) ?? [];
            return ApiKeyRules.Problems(read).ToList() is { Count: > 0 } problems ? throw Refused(problems) : read;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw Refused([exception.Message]);
        }
    }

    private OptionsValidationException Refused(IEnumerable<string> problems) =>
        new(
            Options.DefaultName,
            typeof(AuthOptions),
            problems.Select(problem => $"{AuthOptions.Section}:{nameof(AuthOptions.KeysFile)}, {path}: {problem}")
        );

    [LoggerMessage(LogLevel.Information, "{Count} keys are read from {Path}")]
    private partial void LogReload(int count, string path);

    [LoggerMessage(LogLevel.Error, "The keys stay as they were: {Reason}")]
    private partial void LogRefusal(string reason);
}
