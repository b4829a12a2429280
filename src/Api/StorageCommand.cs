using ModelService.Api.Auth;
using ModelService.Models.Storage;

namespace ModelService.Api;

/// <summary>Runs a command on the database of the models, with the settings of the server.</summary>
internal static class StorageCommand
{
    /// <summary>The first word of a command.</summary>
    public const string Name = "storage";

    /// <summary>Runs a command: <c>storage export FOLDER</c> and others.</summary>
    /// <param name="arguments">The command and its words, and then the server's options.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        const string To = "--to"; // the only option of a command
        var words = arguments
            .TakeWhile(word => word == To || !word.StartsWith("--", StringComparison.Ordinal))
            .ToList();
        if (CommandLine.FindProblem(arguments[words.Count..]) is { } problem)
        {
            await Console.Error.WriteLineAsync(problem);
            return 1;
        }

        var builder = WebApplication.CreateBuilder(arguments[words.Count..]);
        builder.Logging.ClearProviders();
        builder.Services.AddModels();
        await using var app = builder.Build();
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) =>
        {
            press.Cancel = true;
            stop.Cancel();
        };
        if (words is ["new-key", .. var terms])
        {
            return await NewKey.RunAsync(
                terms,
                Console.Out,
                Console.Error,
                key =>
                    StorageCommands.AddKeyAsync(
                        app.Services,
                        new StoredKey(key.Name, key.Sha256, key.Scopes, Expires: null, CreatedBy: null),
                        Console.Error
                    )
            );
        }

        return await StorageCommands.RunAsync(app.Services, words, Console.Out, Console.Error, stop.Token);
    }
}
