using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Runs;

/// <summary>A run with its folder: its current state, its events, and what ends it.</summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
internal class RunEntry<TRun> : IDisposable
    where TRun : Run
{
    private const string StateFile = "run.json";
    private const string EventsFile = "events.jsonl";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = WireNames.Policy,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(WireNames.Policy) },
    };

    private readonly DataFolder folder;
    private readonly RunKind<TRun> kind;
    private readonly Lock gate = new();
    private volatile TRun current;

    /// <summary>Creates the entry of a run, whose folder is there.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="kind">The kind of run.</param>
    /// <param name="path">The run's folder.</param>
    /// <param name="run">The run as it is now.</param>
    /// <param name="events">The number of events that another server keeps.</param>
    protected RunEntry(DataFolder folder, RunKind<TRun> kind, string path, TRun run, long events = 0)
    {
        (this.folder, this.kind, Path, current) = (folder, kind, path, run);
        Events = new RunEvents(System.IO.Path.Combine(path, EventsFile), run.IsOver, events);
    }

    /// <summary>The run's folder.</summary>
    public string Path { get; }

    /// <summary>The run as it is now.</summary>
    public TRun Current => current;

    /// <summary>Its events.</summary>
    public RunEvents Events { get; }

    /// <summary>Cancelled when a client ends the run.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>
    /// Cancelled when a client asks for the result as it is. It holds for the child process that runs, and for the next
    /// one when there is none. Where the result is there already, it asks for nothing.
    /// </summary>
    public CancellationTokenSource Finishing { get; } = new();

    /// <summary>Whether a worker has taken it: only the worker ends it then.</summary>
    public bool IsAtWork { get; set; }

    /// <summary>Whether another server may have taken the run: nothing may be written of it here.</summary>
    public virtual bool IsLost => false;

    /// <summary>Completed when the run has ended.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Stores a new run, whose folder has its files already.</summary>
    public static RunEntry<TRun> Create(DataFolder folder, RunKind<TRun> kind, string path, TRun run)
    {
        var entry = new RunEntry<TRun>(folder, kind, path, run);
        entry.Store(run);
        return entry;
    }

    /// <summary>Reads a stored run; null when the folder is not that of a run.</summary>
    public static RunEntry<TRun>? Open(DataFolder folder, RunKind<TRun> kind, string path)
    {
        var file = System.IO.Path.Combine(path, StateFile);
        if (!File.Exists(file))
            return null;
        try
        {
            return Read(File.ReadAllText(file)) is { } run ? new RunEntry<TRun>(folder, kind, path, run) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a run from JSON.</summary>
    /// <exception cref="JsonException">It is not that of a run.</exception>
    public static TRun? Read(string json) => JsonSerializer.Deserialize<TRun>(json, Json);

    /// <summary>Writes a run as JSON.</summary>
    public static string Write(TRun run) => JsonSerializer.Serialize(run, Json);

    /// <summary>Brings all that the work needs into the run's folder.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public virtual Task PrepareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Prepares the end of the run with the version that it makes, in one step of the store.</summary>
    /// <param name="end">Makes the last state of the run, by the version's manifest.</param>
    /// <returns>What the store is given with the version; null: the state is stored after it.</returns>
    public virtual Task<JobResult?> PrepareEndAsync(Func<VersionManifest, TRun> end) =>
        Task.FromResult<JobResult?>(null);

    /// <summary>Waits, after a step has failed, if the step is to be tried again.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Whether to try again.</returns>
    public virtual Task<bool> WaitAsync(Failure failure, CancellationToken cancellationToken) => Task.FromResult(false);

    /// <summary>Ends the work on the run: it has ended, or the server stops.</summary>
    /// <param name="stoppingToken">Fires when the server stops.</param>
    public virtual Task CloseAsync(CancellationToken stoppingToken) => Task.CompletedTask;

    /// <summary>Replaces the state, and stores it.</summary>
    /// <param name="change">Makes the next state; null: the change does not apply any more.</param>
    /// <returns>The state that the run has now.</returns>
    public TRun Change(Func<TRun, TRun?> change)
    {
        lock (gate)
        {
            if (change(current) is not { } next)
                return current;
            try
            {
                Store(next);
            }
            catch (ServingException) when (next.IsOver)
            {
                // The disk is full: the end is known until the server stops, and its next start runs it again.
            }

            current = next;
            if (!next.IsOver)
                return next;
            Events.Add(EndOf(next));
            Events.End();
            DeleteWorkFiles();
            Ended.TrySetResult();
            return next;
        }
    }

    /// <summary>The last event of a run.</summary>
    public static JsonObject EndOf(TRun run) =>
        new()
        {
            ["event"] = "end",
            ["state"] = WireNames.Get(run.State),
            ["reason"] = run.Reason,
            ["version"] = run.Version,
        };

    /// <summary>Notes the phase, which is not worth a write to the disk.</summary>
    public void SetPhase(string phase)
    {
        lock (gate)
            current = current with { Phase = phase };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Closes the file of the events.</summary>
    protected virtual void Dispose(bool isDisposing)
    {
        Events.Dispose();
        Cancellation.Dispose();
        Finishing.Dispose();
    }

    /// <summary>Stores the state.</summary>
    /// <param name="run">The state.</param>
    protected virtual void Store(TRun run) =>
        folder.Write(() =>
        {
            var content = System.Text.Encoding.UTF8.GetBytes(Write(run));
            folder.Replace(System.IO.Path.Combine(Path, StateFile), content, flush: true);
            return run;
        });

    // The events, the state and the figures stay.
    private void DeleteWorkFiles()
    {
        try
        {
            foreach (var name in kind.Files.Concat(kind.WorkFiles).Append(kind.Checkpoint).OfType<string>())
                File.Delete(System.IO.Path.Combine(Path, name));
            foreach (var left in Directory.EnumerateFiles(Path, "*.tmp"))
                File.Delete(left);
        }
        catch (IOException)
        {
            // It is only room on the disk, until the run is forgotten.
        }
    }
}
