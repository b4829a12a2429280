using ModelService.Models.Execution;

namespace ModelService.Models.Tests.Execution;

/// <summary>A child process, with the shell in its place.</summary>
public sealed class ChildProcessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_InputIsClosed_LeavesTheEndToTheExitCode()
    {
        var isClosed = new TaskCompletionSource();
        using var child = new ChildProcess(
            "/bin/sh",
            ["-c", "exec <&-; echo closed; echo why >&2; exit 7"],
            _ => isClosed.TrySetResult()
        );
        await isClosed.Task.WaitAsync(Token);

        child.Send("one");
        child.Send("two");

        Assert.Null(await child.WaitAsync((_, _) => null, TimeProvider.System, Token));
        Assert.Equal((7, "why"), (child.ExitCode, child.Errors.Trim()));
    }

    [Fact]
    public async Task Errors_OfAProcessThatWritesWithoutEnd_AreItsLast()
    {
        using var child = new ChildProcess("/bin/sh", ["-c", "seq 1 100000 >&2; echo why >&2"], _ => { });

        await child.WaitAsync((_, _) => null, TimeProvider.System, Token);

        Assert.EndsWith("\n99999\n100000\nwhy\n\n", child.Errors.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.Equal(1 << 16, child.Errors.Length);
    }

    [Fact]
    public async Task Send_LinesOneAfterAnother_ComeInTheirOrder()
    {
        List<string> lines = [];
        using var child = new ChildProcess("/bin/sh", ["-c", "head -n 200"], lines.Add);
        var sent = Enumerable.Range(0, 200).Select(line => new string('x', 1000) + line).ToList();

        sent.ForEach(child.Send);
        await child.WaitAsync((_, _) => null, TimeProvider.System, Token);

        Assert.Equal(sent, lines);
    }

    [Fact]
    public async Task Wait_TooMuchOrCancelled_EndsTheProcess()
    {
        using var greedy = new ChildProcess("/bin/sh", ["-c", "exec sleep 600"], _ => { });
        var excess = await greedy.WaitAsync((memory, _) => memory > 0 ? "too much" : null, TimeProvider.System, Token);
        using var endless = new ChildProcess("/bin/sh", ["-c", "exec sleep 600"], _ => { });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            endless.WaitAsync((_, _) => null, TimeProvider.System, new CancellationToken(canceled: true))
        );

        Assert.Equal("too much", excess);
        Assert.Equal((137, 137), (greedy.ExitCode, endless.ExitCode));
    }
}
