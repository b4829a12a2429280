using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ModelService.Models.Runs;

/// <summary>
/// The events of a run, each a line of JSON in a file. Readers get those that were, and then those to come; the number
/// of the line is the event's id.
/// </summary>
internal sealed class RunEvents : IDisposable
{
    private readonly string path;
    private readonly Lock gate = new();
    private FileStream? file;
    private readonly long before;
    private long count;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool isEnded;

    /// <summary>Opens the events of a run.</summary>
    /// <param name="path">The file.</param>
    /// <param name="isEnded">Whether the run has ended: no events will come.</param>
    /// <param name="before">The number of events that came before those in the file.</param>
    public RunEvents(string path, bool isEnded, long before = 0)
    {
        (this.path, this.isEnded, this.before, count) = (path, isEnded, before, before);
        if (!File.Exists(path) || isEnded)
            return;

        // A line that was cut off when the server was killed is not an event.
        using var stored = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        long whole = 0;
        for (int read; (read = stored.ReadByte()) >= 0; )
        {
            if (read != '\n')
                continue;
            count++;
            whole = stored.Position;
        }

        stored.SetLength(whole);
    }

    /// <summary>The last event of a step; null: none yet since the server started.</summary>
    public JsonObject? Latest { get; private set; }

    /// <summary>The last event of an epoch that was better than all before; null: none yet.</summary>
    public JsonObject? Best { get; private set; }

    /// <summary>Adds an event.</summary>
    /// <param name="content">The event; owned from here on.</param>
    public void Add(JsonObject content)
    {
        lock (gate)
        {
            if (isEnded)
                return;
            content.Insert(0, "id", count + 1);
            if (!TryWrite(content.ToJsonString() + "\n"))
                return;
            count++;
            if ((string?)content["event"] == "step")
                Latest = content;
            if ((bool?)content["is_best"] == true)
                Best = content;
            Signal();
        }
    }

    /// <summary>Says that no further events will come.</summary>
    public void End()
    {
        lock (gate)
        {
            isEnded = true;
            file?.Dispose();
            file = null;
            Signal();
        }
    }

    /// <summary>Reads events, and waits for further ones until the run has ended.</summary>
    /// <param name="after">The id of the last event that the reader knows; 0: none.</param>
    /// <param name="follow">Whether to wait.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<JsonElement> ReadAsync(
        long after,
        bool follow,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        StreamReader? reader = null;
        try
        {
            for (var read = before; ; )
            {
                Task next;
                long known;
                bool isLast;
                lock (gate)
                    (next, known, isLast) = (changed.Task, count, isEnded);
                if (reader is null && File.Exists(path))
                {
                    reader = new StreamReader(
                        new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
                    );
                }

                while (reader is not null && (isLast || read < known))
                {
                    if (await reader.ReadLineAsync(cancellationToken) is not { Length: > 0 } line)
                        break;
                    if (++read > after)
                        yield return JsonElement.Parse(line);
                }

                if (isLast || !follow)
                    yield break;
                await next.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            reader?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => End();

    // On a full disk, an event is lost, and never the run.
    private bool TryWrite(string line)
    {
        long length = 0;
        try
        {
            file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
            length = file.Length;
            file.Write(Encoding.UTF8.GetBytes(line));
            return true;
        }
        catch (IOException)
        {
            file?.SetLength(length);
            return false;
        }
    }

    private void Signal()
    {
        changed.TrySetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
