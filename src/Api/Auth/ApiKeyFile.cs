using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Api.Auth;

/// <summary>The keys in the keys file, which are reloaded when the file changes.</summary>
internal sealed partial class ApiKeyFile : IDisposable
{
    // The file is small, and is read again and again: that finds every change, also when the file is replaced by
    // another one, or is a mounted secret, which is replaced by changing a link to a folder. Neither is an event of the
    // file, and the time of the new file may be that of the old one.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The JSON format of keys.</summary>
    public static JsonSerializerOptions Json { get; } =
        new(JsonSerializerDefaults.Strict) { PropertyNamingPolicy = WireNames.Policy };

    private readonly ILogger logger;
    private readonly Action? reloaded;
    private readonly ITimer timer;
    private readonly Lock gate = new(); // of reloads
    private byte[] content; // of the last successful read
    private string? problem; // of the last read, when it failed
    private volatile IReadOnlyList<ApiKeyDefinition> keys;

    /// <summary>Reads the file and watches it.</summary>
    /// <param name="path">The file's full path.</param>
    /// <param name="clock">Says when to look for changes.</param>
    /// <param name="logger">Logs each reload.</param>
    /// <param name="reloaded">Runs after each reload.</param>
    /// <exception cref="OptionsValidationException">The file can't be read, or its keys are invalid.</exception>
    public ApiKeyFile(string path, TimeProvider clock, ILogger logger, Action? reloaded = null)
    {
        (Path, this.logger, this.reloaded) = (path, logger, reloaded);
        content = Read();
        keys = Parse(content);
        timer = clock.CreateTimer(_ => Reload(), null, Interval, Interval);
    }

    /// <summary>The file's full path.</summary>
    public string Path { get; }

    /// <summary>The keys of the last successful read.</summary>
    public IReadOnlyList<ApiKeyDefinition> Keys => keys;

    public void Dispose() => timer.Dispose();

    private void Reload()
    {
        lock (gate)
        {
            try
            {
                var read = Read();
                if (problem is null && read.AsSpan().SequenceEqual(content))
                    return;
                keys = Parse(read);
                (content, problem) = (read, null);
                LogReload(keys.Count, Path);
                reloaded?.Invoke();
            }
            catch (OptionsValidationException exception)
            {
                if (problem != exception.Message)
                    LogFailure(exception.Message);
                problem = exception.Message;
            }
        }
    }

    private byte[] Read()
    {
        try
        {
            return File.ReadAllBytes(Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CreateException([exception.Message]);
        }
    }

    private List<ApiKeyDefinition> Parse(byte[] json)
    {
        try
        {
            var read = JsonSerializer.Deserialize<List<ApiKeyDefinition>>(json, Json) ?? [];
            var problems = ApiKeyRules.FindProblems(read).ToList();
            return problems.Count == 0 ? read : throw CreateException(problems);
        }
        catch (JsonException exception)
        {
            throw CreateException([exception.Message]);
        }
    }

    private OptionsValidationException CreateException(IEnumerable<string> problems) =>
        new(
            Options.DefaultName,
            typeof(AuthOptions),
            problems.Select(problem => $"{AuthOptions.Section}:{nameof(AuthOptions.KeysFile)}, {Path}: {problem}")
        );

    [LoggerMessage(LogLevel.Information, "Read {Count} keys from {Path}")]
    private partial void LogReload(int count, string path);

    [LoggerMessage(LogLevel.Error, "The keys stay unchanged: {Reason}")]
    private partial void LogFailure(string reason);
}
