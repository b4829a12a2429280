using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace ModelService.Models.Runs;

/// <summary>
/// The events of a run, each a line of JSON in a file. Readers get those that were, and then those to come; the number
/// of the line is the event's id.
/// </summary>
internal sealed class RunEvents : IDisposable
{
    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;

    private readonly string path;
    private readonly Lock gate = new();
    private SafeFileHandle? file; // that this server writes
    private readonly long before;
    private long count;
    private long length; // of the whole lines, in bytes
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

        // Only counts: another server may own the file, and be writing a line.
        using var stored = new FileStream(path, FileMode.Open, FileAccess.Read, Shared);
        for (int read; (read = stored.ReadByte()) >= 0; )
        {
            if (read != '\n')
                continue;
            count++;
            length = stored.Position;
        }
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
                    reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, Shared));

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
        var bytes = Encoding.UTF8.GetBytes(line);
        try
        {
            file ??= Open();
            RandomAccess.Write(file, bytes, length);
            length += bytes.Length;
            return true;
        }
        catch (IOException)
        {
            if (file is not null)
                RandomAccess.SetLength(file, length);
            return false;
        }
    }

    // A line that was cut off when the server was killed is not an event.
    private SafeFileHandle Open()
    {
        var opened = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, Shared);
        RandomAccess.SetLength(opened, length);
        return opened;
    }

    private void Signal()
    {
        changed.TrySetResult();
        changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
