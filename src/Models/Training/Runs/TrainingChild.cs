using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Execution;
using ModelService.Models.Runs;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>Runs the child process of a training, and passes its events on.</summary>
/// <param name="command">The command that starts this program as a child.</param>
/// <param name="clock">The time between looks at the process.</param>
internal sealed class TrainingChild(ProbeCommand command, TimeProvider clock)
{
    /// <summary>Trains, until the process ends.</summary>
    /// <param name="entry">The run; its folder has the job.</param>
    /// <param name="memory">The bytes that the process may take.</param>
    /// <param name="onEvent">Receives each event.</param>
    /// <param name="cancellationToken">Ends the process at once.</param>
    /// <exception cref="OperationCanceledException">It was ended by the token.</exception>
    public async Task<ChildResult> RunAsync(
        RunEntry<TrainingRun> entry,
        long memory,
        Action<JsonObject> onEvent,
        CancellationToken cancellationToken
    )
    {
        using var child = new ChildProcess(
            command.Program ?? throw new InvalidOperationException("There is no program to train with."),
            [.. command.Arguments.SkipLast(1), TrainingProcess.Argument],
            line => Take(line, onEvent)
        );
        child.Send(entry.Path);
        using var asking = entry.Finishing.Token.Register(() => child.Send(TrainingProcess.Finish));
        var excess = await child.WaitAsync(
            (used, _) => used > memory ? $"It took more than {memory} bytes of memory." : null,
            clock,
            cancellationToken
        );
        if (excess is not null)
            return new ChildResult(ChildEnd.TooLarge, excess);
        var last = child.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()?.Trim();
        return child.ExitCode switch
        {
            0 => new ChildResult(ChildEnd.Succeeded, null),
            TrainingProcess.Failed => new ChildResult(ChildEnd.Failed, last),
            var code => new ChildResult(
                ChildEnd.Crashed,
                $"Its process ended with the exit code {code}. {last}".Trim()
            ),
        };
    }

    private static void Take(string line, Action<JsonObject> onEvent)
    {
        // Native libraries may write to standard output, too.
        if (line is not ['{', ..])
            return;
        try
        {
            if (JsonNode.Parse(line) is JsonObject content)
                onEvent(content);
        }
        catch (JsonException)
        {
            // The process was ended in the middle of a line.
        }
    }
}

/// <summary>How a child process has ended.</summary>
/// <param name="End">How.</param>
/// <param name="Reason">Why; null when it has a result.</param>
internal sealed record ChildResult(ChildEnd End, string? Reason);

/// <summary>How a child process has ended.</summary>
internal enum ChildEnd
{
    /// <summary>With a result.</summary>
    Succeeded,

    /// <summary>Without a result, and would so again.</summary>
    Failed,

    /// <summary>By a fault of its own or of the system; it can go on from its checkpoint.</summary>
    Crashed,

    /// <summary>It took too much memory.</summary>
    TooLarge,
}
