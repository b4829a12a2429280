using System.Reflection;

namespace ModelService.Api;

/// <summary>What <c>--help</c> and <c>--version</c> print.</summary>
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

    /// <summary>The program's version, with the commit that it was built from.</summary>
    public static string Version =>
        typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
