using System.Reflection;
using ModelService.Imaging;
using ModelService.Models.Errors;
using ModelService.Models.Registry;

namespace ModelService.Api;

/// <summary>Warns at the start of settings that are no options: a misspelt one would silently have no effect.</summary>
internal sealed partial class UnknownSettings(IConfiguration configuration, ILogger<UnknownSettings> logger)
    : BackgroundService
{
    /// <summary>The section of all options.</summary>
    public const string Root = "ModelService";

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var (path, nearest) in Find(configuration))
            LogUnknown(path, nearest is null ? "" : $"; did you mean {nearest}?");
        return Task.CompletedTask;
    }

    /// <summary>Finds the settings that are no options, each with the option that was probably meant.</summary>
    internal static IEnumerable<(string Path, string? Nearest)> Find(IConfiguration configuration)
    {
        // Kubernetes sets variables such as MODEL_SERVICE_PORT; they have no section.
        foreach (var root in configuration.GetChildren().Where(root => root.GetChildren().Any()))
        {
            if (!IsSame(root.Key, Root) && Suggestions.Nearest(root.Key, [Root]) is not null)
                yield return (root.Path, Root);
        }

        var options = FindOptions().ToLookup(type => (string)SectionOf(type)!.GetRawConstantValue()!);
        foreach (var section in configuration.GetSection(Root).GetChildren())
        {
            var types = options.Where(group => IsSame(group.Key, section.Path)).SelectMany(group => group).ToList();
            if (types.Count == 0)
            {
                yield return (section.Path, Suggestions.Nearest(section.Key, options.Select(group => group.Key)));
            }
            else
            {
                var names = types
                    .SelectMany(type => type.GetProperties())
                    .Select(property => $"{section.Path}:{property.Name}")
                    .ToList();
                foreach (var setting in section.GetChildren())
                {
                    if (!names.Any(name => IsSame(name, setting.Path)))
                        yield return (setting.Path, Suggestions.Nearest(setting.Key, names));
                }
            }
        }
    }

    private static IEnumerable<Type> FindOptions() =>
        new[] { typeof(UnknownSettings), typeof(MemoryOptions), typeof(ImagingOptions) }
            .SelectMany(type => type.Assembly.GetTypes())
            .Where(type => SectionOf(type) is not null);

    private static FieldInfo? SectionOf(Type type) =>
        type.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true } field ? field : null;

    private static bool IsSame(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(LogLevel.Warning, "There is no option {Path}{Suggestion}")]
    private partial void LogUnknown(string path, string suggestion);
}
