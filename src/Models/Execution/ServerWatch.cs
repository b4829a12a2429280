using System.Diagnostics;

namespace ModelService.Models.Execution;

/// <summary>
/// Ends a child process with its server, which keeps the standard input of the child open. When the server is killed,
/// nobody waits for the child any more.
/// </summary>
internal static class ServerWatch
{
    /// <summary>Reads the input in a thread of its own, and ends this process when it ends.</summary>
    /// <param name="input">Standard input. It is read as long as this process runs, so nobody disposes it.</param>
    /// <param name="onLine">Receives each line; null: they say nothing.</param>
    public static void Start(TextReader input, Action<string>? onLine = null) =>
        new Thread(() =>
        {
            try
            {
                while (input.ReadLine() is { } line)
                    onLine?.Invoke(line);
            }
            catch (IOException)
            {
                // The input has ended, too.
            }

            Process.GetCurrentProcess().Kill();
        })
        {
            IsBackground = true,
            Name = "server",
        }.Start();
}
