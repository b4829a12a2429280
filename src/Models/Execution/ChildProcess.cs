using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace ModelService.Models.Execution;

/// <summary>
/// A process of this program that computes what could harm the server. Its standard input stays open until it has
/// ended: if the server is killed, the end of the input tells the child (<see cref="ServerWatch"/>).
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    // Of standard error: a library may warn in every step of a run of hours. Its end says why the process ended.
    private const int MostErrors = 1 << 16;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly Process process;
    private readonly Stream input;
    private readonly StringBuilder errors = new();
    private readonly Lock gate = new();
    private Task sent = Task.CompletedTask;

    /// <summary>Starts the process. Predictions come first: it has the lowest priority.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="onLine">Receives the lines of its standard output, one after another.</param>
    public ChildProcess(string program, IEnumerable<string> arguments, Action<string> onLine)
    {
        process = new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
                onLine(text);
        };
        process.ErrorDataReceived += (_, line) => AddError(line.Data);
        process.Start();
        input = process.StandardInput.BaseStream;
        GiveWay();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Exited = process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Completes when the process has ended and all of its output was read.</summary>
    public Task Exited { get; }

    /// <summary>The exit code, when it has ended. As in a shell, a signal gives 128 plus its number.</summary>
    public int ExitCode => process.ExitCode;

    /// <summary>What it wrote to standard error, when it has ended: at most the last 64 Ki characters.</summary>
    public string Errors =>
        errors.ToString(Math.Max(0, errors.Length - MostErrors), Math.Min(errors.Length, MostErrors));

    /// <summary>
    /// Sends a line after those before, and does not wait: a child that hangs before it reads would block the writer
    /// once the pipe's buffer is full. A child that has ended gets none; its exit code says why.
    /// </summary>
    /// <param name="line">The line.</param>
    public void Send(string line)
    {
        lock (gate)
            sent = SendAsync(sent, line);
    }

    /// <summary>Waits until the process has ended, and ends it where it takes too much.</summary>
    /// <param name="findExcess">
    /// Says why the process must end, by its bytes of memory and its processor time; null: it may go on.
    /// </param>
    /// <param name="clock">The time between looks at the process.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <returns>What <paramref name="findExcess"/> said; null: the process has ended by itself.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled. The process has ended.</exception>
    public async Task<string?> WaitAsync(
        Func<long, TimeSpan, string?> findExcess,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        string? excess = null;
        while (!Exited.IsCompleted)
        {
            var (memory, computed) = Usage();
            excess = findExcess(memory, computed);
            if (excess is not null || cancellationToken.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                await Exited;
                break;
            }

            await Task.WhenAny(Exited, Task.Delay(PollInterval, clock, cancellationToken));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return excess;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        input.Dispose();
        process.Dispose();
    }

    private async Task SendAsync(Task before, string line)
    {
        await before;
        try
        {
            await input.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
            await input.FlushAsync();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The process has ended.
        }
    }

    private void AddError(string? line)
    {
        errors.AppendLine(line);
        if (errors.Length > 2 * MostErrors)
            errors.Remove(0, errors.Length - MostErrors);
    }

    private void GiveWay()
    {
        try
        {
            process.PriorityClass = ProcessPriorityClass.Idle;
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            // The system does not allow it, or the process has ended already.
        }
    }

    private (long Memory, TimeSpan Computed) Usage()
    {
        try
        {
            process.Refresh();
            return (process.WorkingSet64, process.TotalProcessorTime);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            return default; // it has ended since the last look
        }
    }
}
