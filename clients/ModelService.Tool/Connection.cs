using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using ModelService.Client;
using Spectre.Console;

namespace ModelService.Tool;

/// <summary>The options of all commands: where the server is; and what all commands do when something fails.</summary>
internal sealed class Connection(TextWriter output, TextWriter error)
{
    private const int WidthOfFiles = 160;

    /// <summary>The server's address.</summary>
    public Option<Uri> Server { get; } =
        new("--server")
        {
            Description = "The server's address; also the variable MODELSERVICE_SERVER.",
            DefaultValueFactory = static _ => new Uri(
                Environment.GetEnvironmentVariable("MODELSERVICE_SERVER") ?? "http://localhost:8080"
            ),
            CustomParser = ParseAddress,
            Recursive = true,
        };

    /// <summary>The API key. Its help must not show it, so that it has no default.</summary>
    public Option<string?> Key { get; } =
        new("--key") { Description = "The API key; also the variable MODELSERVICE_KEY.", Recursive = true };

    /// <summary>Reads an address.</summary>
    public static Uri? ParseAddress(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https"))
            return address;
        argument.AddError($"'{text}' is no address such as http://localhost:8080.");
        return null;
    }

    /// <summary>Runs a command.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="run">What the command does. It returns the exit code.</param>
    /// <param name="retries">How often the client tries again.</param>
    public async Task<int> RunAsync(ParseResult parsed, Func<Session, Task<int>> run, int retries = 5)
    {
        var (address, key) = (
            parsed.GetValue(Server)!,
            parsed.GetValue(Key) ?? Environment.GetEnvironmentVariable("MODELSERVICE_KEY")
        );
        await using var services = new ServiceCollection()
            .AddLogging(static logging => logging.ClearProviders())
            .AddModelServiceClient(options =>
                (options.Address, options.ApiKey, options.Retries, options.Timeout) = (
                    address,
                    key,
                    retries,
                    TimeSpan.FromHours(2)
                )
            )
            .BuildServiceProvider();
        var session = new Session(
            services.GetRequiredService<ModelServiceClient>(),
            address,
            key,
            CreateConsole(output, Console.IsOutputRedirected),
            CreateConsole(error, Console.IsErrorRedirected)
        );
        try
        {
            return await run(session);
        }
        catch (ModelServiceException exception)
        {
            session.Say(exception.Message);
            foreach (var item in exception.Error?.Errors ?? [])
                session.Say($"  {item.Pointer}: {item.Detail}");
            return ExitCode.Failed;
        }
        catch (HttpRequestException exception)
        {
            session.Say($"No server answers at {address}: {exception.Message}");
            return ExitCode.Failed;
        }
        catch (Exception exception)
            when (exception is UsageException or IOException or UnauthorizedAccessException or JsonException)
        {
            session.Say(exception.Message);
            return ExitCode.Usage;
        }
        catch (OperationCanceledException)
        {
            session.Say("Cancelled.");
            return ExitCode.Cancelled;
        }
    }

    private static IAnsiConsole CreateConsole(TextWriter writer, bool isFile)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (isFile)
            console.Profile.Width = WidthOfFiles;
        return console;
    }
}

/// <summary>A running command.</summary>
/// <param name="Client">Speaks to the server.</param>
/// <param name="Address">The server's address.</param>
/// <param name="Key">The API key; null: none.</param>
/// <param name="Output">Where results go.</param>
/// <param name="Messages">Where progress and errors go.</param>
internal sealed record Session(
    ModelServiceClient Client,
    Uri Address,
    string? Key,
    IAnsiConsole Output,
    IAnsiConsole Messages
)
{
    /// <summary>Tells the user something that is no result.</summary>
    public void Say(string text) => Messages.WriteLine(text);

    /// <summary>Prints a line of the result.</summary>
    public void Print(string text) => Output.WriteLine(text);

    /// <summary>Shows a table.</summary>
    /// <param name="columns">Its columns; those whose names begin with '#' are numbers.</param>
    /// <param name="rows">Its rows.</param>
    public void Show(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            var shown = new TableColumn(new Text(column.TrimStart('#')));
            table.AddColumn(column.StartsWith('#') ? shown.RightAligned() : shown);
        }

        foreach (var row in rows)
            table.AddRow(row.Select(static cell => new Text(cell)));
        Output.Write(table);
    }

    /// <summary>Does something that takes long, and shows how far it is.</summary>
    /// <param name="run">Does it.</param>
    public Task<T> ProgressAsync<T>(Func<ProgressContext, Task<T>> run) =>
        Messages
            .Progress()
            .HideCompleted(false)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new PercentageColumn(),
                new RemainingTimeColumn()
            )
            .StartAsync(run);
}
