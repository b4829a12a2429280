using System.ComponentModel;
using System.Diagnostics;
using System.Text;
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
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

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
        using var child = new System.Diagnostics.Process
        {
            StartInfo = new ProcessStartInfo(
                command.Program ?? throw new InvalidOperationException("There is no program to train with."),
                [.. command.Arguments.SkipLast(1), TrainingProcess.Argument]
            )
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        var errors = new StringBuilder();
        child.OutputDataReceived += (_, line) => Take(line.Data, onEvent);
        child.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        child.Start();
        GiveWay(child);
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();

        // Stays open until the child has ended: if this process is killed, its end tells the child.
        var input = TextWriter.Synchronized(child.StandardInput);
        await input.WriteLineAsync(entry.Path);
        await input.FlushAsync(CancellationToken.None);
        using var asking = entry.Finishing.Token.Register(() =>
        {
            try
            {
                input.WriteLine(TrainingProcess.Finish);
                input.Flush();
            }
            catch (IOException)
            {
                // It has just ended by itself.
            }
        });
        var exited = child.WaitForExitAsync(CancellationToken.None);
        var isTooLarge = false;
        try
        {
            while (!exited.IsCompleted)
            {
                if (cancellationToken.IsCancellationRequested || (isTooLarge = MemoryOf(child) > memory))
                {
                    child.Kill(entireProcessTree: true);
                    await exited;
                    break;
                }

                await Task.WhenAny(exited, Task.Delay(PollInterval, clock, cancellationToken));
            }
        }
        finally
        {
            Close(input);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (isTooLarge)
            return new ChildResult(ChildEnd.TooLarge, $"It took more than {memory} bytes of memory.");
        var last = errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault()?.Trim();
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

    private static void Close(TextWriter input)
    {
        try
        {
            input.Dispose();
        }
        catch (IOException)
        {
            // The process ended before it read the last line.
        }
    }

    private static void Take(string? line, Action<JsonObject> onEvent)
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

    // Predictions come first.
    private static void GiveWay(System.Diagnostics.Process child)
    {
        try
        {
            child.PriorityClass = ProcessPriorityClass.Idle;
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            // The system does not allow it, or the process has ended already.
        }
    }

    private static long MemoryOf(System.Diagnostics.Process child)
    {
        try
        {
            child.Refresh();
            return child.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0; // it has ended since
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
