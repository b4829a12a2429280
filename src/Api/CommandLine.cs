using System.Reflection;
using ModelService.Models.Errors;

namespace ModelService.Api;

/// <summary>The arguments of the program: what its help says of them, and which of them are no options.</summary>
internal static class CommandLine
{
    public const string Help = """
        Serves image classifiers over HTTP.

        Usage: ModelService.Api [--urls ADDRESSES] [--ModelService:SECTION:OPTION=VALUE ...]

          --urls ADDRESSES       where to listen, such as http://localhost:9000 or http://*:8080;
                                 http://localhost:8080 by default; also the variable ASPNETCORE_URLS
          --ModelService:Storage:Path=FOLDER
                                 where models are stored; also the variable ModelService__Storage__Path
          --environment NAME     Development needs no API keys; Production, the default, does
          --new-key NAME SCOPE,...
                                 prints a new API key and its entry for the keys file, and exits;
                                 the scopes are predict, manage, train, metrics and admin
          storage migrate [--to NUMBER]
                                 brings the database of the models to a state: the newest, or this one
          storage export FOLDER  copies all models from the database into a data folder,
          storage import FOLDER  or from a data folder into the database; options can follow
          storage new-key NAME SCOPE,...
                                 stores a new API key in the database, and prints it
          --healthcheck [ADDRESS]
                                 exits with 0 if the server at the address is alive
          --version, --help      print this, and exit

        docs/configuration.md describes all options.
        """;

    // Settings of ASP.NET, and sections of settings.
    private static readonly string[] HostSettings =
    [
        "urls",
        "environment",
        "http_ports",
        "https_ports",
        "https_port",
        "contentRoot",
        "webRoot",
        "applicationName",
        "AllowedHosts",
        "detailedErrors",
        "captureStartupErrors",
        "suppressStatusMessages",
        "shutdownTimeoutSeconds",
        "preferHostingUrls",
        "hostingStartupAssemblies",
        "hostingStartupExcludeAssemblies",
        "preventHostingStartup",
        "staticWebAssets",
        "forwardedHeaders_enabled",
        "hostBuilder:reloadConfigOnChange",
        "reloadStaticAssetsAtRuntime",
    ];

    private static readonly string[] Sections = [UnknownSettings.Root, "Kestrel", "Logging", "Serilog"];

    // What OpenTelemetry reads, such as OTEL_EXPORTER_OTLP_ENDPOINT.
    private const string TelemetryPrefix = "OTEL_";

    private static readonly string[] Commands = ["help", "version", "new-key", "healthcheck"];

    /// <summary>The program's version, with the commit that it was built from.</summary>
    public static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>
    /// Describes the first argument that is no setting, or has no value: ASP.NET would ignore it.
    /// </summary>
    /// <param name="args">The arguments of a server: <c>--key=value</c> or <c>--key value</c>.</param>
    /// <returns>A sentence; null if all are settings with values.</returns>
    public static string? FindProblem(IReadOnlyList<string> args)
    {
        for (var index = 0; index < args.Count; index++)
        {
            var argument = args[index];
            var begin =
                argument.StartsWith("--", StringComparison.Ordinal) ? 2
                : argument.StartsWith('/') ? 1
                : 0;
            var end = argument.IndexOf('=', StringComparison.Ordinal);
            var key = end < 0 ? argument[begin..] : argument[begin..end];
            if ((begin == 0 && end < 0) || !IsSetting(key))
            {
                return $"There is no option {Suggestions.Shorten(end < 0 ? argument : argument[..end])}"
                    + (FindNearest(key) is { } nearest ? $"; did you mean {nearest}?" : ".")
                    + " --help lists the options.";
            }

            if (end < 0 && ++index == args.Count)
                return $"The option {argument} has no value.";
        }

        return null;
    }

    private static bool IsSetting(string key) =>
        HostSettings.Contains(key, StringComparer.OrdinalIgnoreCase)
        || key.StartsWith(TelemetryPrefix, StringComparison.OrdinalIgnoreCase)
        || (Sections.Contains(key.Split(':')[0], StringComparer.OrdinalIgnoreCase) && FindUnknown(key) is null);

    private static (string Path, string? Nearest)? FindUnknown(string key) =>
        UnknownSettings
            .Find(new ConfigurationBuilder().AddInMemoryCollection([new(key, "")]).Build())
            .Select(unknown => ((string, string?)?)unknown)
            .FirstOrDefault();

    // The option that was probably meant, also where its root is missing or it is written as an environment variable.
    private static string? FindNearest(string key)
    {
        var path = key.Replace("__", ":", StringComparison.Ordinal);
        foreach (var whole in new[] { path, $"{UnknownSettings.Root}:{path}" })
        {
            if (whole.Contains(':', StringComparison.Ordinal) && IsSetting(whole))
                return "--" + whole;
        }

        if (FindUnknown(path) is { Nearest: { } option })
            return "--" + option;
        var nearest = Suggestions.Nearest(
            path.Split(':')[0].TrimStart('-'),
            [.. HostSettings, .. Sections, .. Commands, StorageCommand.Name]
        );
        return nearest is null or StorageCommand.Name ? nearest : "--" + nearest;
    }
}
