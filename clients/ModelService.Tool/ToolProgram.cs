using System.CommandLine;
using ModelService.Tool.Commands;

namespace ModelService.Tool;

/// <summary>The command <c>modelservice</c>.</summary>
internal static class ToolProgram
{
    /// <summary>Runs it.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="output">Receives results.</param>
    /// <param name="error">Receives progress and errors.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var connection = new Connection(output, error);
        var root = new RootCommand("Works with a Model Service: analyses networks, makes, trains and asks models.")
        {
            connection.Server,
            connection.Key,
            AnalyzeCommand.Create(connection),
            CreateCommand.Create(connection),
            PredictCommand.Create(connection),
            TrainCommand.Create(connection),
            ExplainCommand.Create(connection),
            BenchCommand.Create(connection),
            ConformanceCommand.Create(connection),
        };
        var parsed = root.Parse(arguments);
        var exitCode = await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
        return parsed.Errors.Count > 0 ? ExitCode.Usage : exitCode;
    }
}

/// <summary>What the exit codes mean.</summary>
internal static class ExitCode
{
    /// <summary>All was done.</summary>
    public const int Done = 0;

    /// <summary>The server refused something, or can't be reached; the rest was done.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong, or names a file that can't be used.</summary>
    public const int Usage = 2;

    /// <summary>The user has ended it.</summary>
    public const int Cancelled = 130;
}

/// <summary>The command line asks for something that can't be done.</summary>
/// <param name="message">Why.</param>
internal sealed class UsageException(string message) : Exception(message);
