using System.Text.Json;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>A run with its folder: its current state, its events, and what ends it.</summary>
internal sealed class RunEntry : IDisposable
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
    private readonly Lock gate = new();
    private volatile TrainingRun current;

    private RunEntry(DataFolder folder, string path, TrainingRun run)
    {
        (this.folder, Path, current) = (folder, path, run);
        Events = new RunEvents(System.IO.Path.Combine(path, EventsFile), run.IsOver);
    }

    /// <summary>The run's folder.</summary>
    public string Path { get; }

    /// <summary>The run as it is now.</summary>
    public TrainingRun Current => current;

    /// <summary>Its events.</summary>
    public RunEvents Events { get; }

    /// <summary>Cancelled when a client ends the run.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Asks the child process for the result as it is; null: there is no process.</summary>
    public Action? Finish { get; set; }

    /// <summary>Whether a worker has taken it: only the worker ends it then.</summary>
    public bool IsAtWork { get; set; }

    /// <summary>Completed when the run has ended.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Stores a new run, whose folder has its files already.</summary>
    public static RunEntry Create(DataFolder folder, string path, TrainingRun run)
    {
        var entry = new RunEntry(folder, path, run);
        entry.Store(run);
        return entry;
    }

    /// <summary>Reads a stored run; null when the folder is not that of a run.</summary>
    public static RunEntry? Open(DataFolder folder, string path)
    {
        var file = System.IO.Path.Combine(path, StateFile);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize<TrainingRun>(File.ReadAllBytes(file), Json) is { } run
                ? new RunEntry(folder, path, run)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Replaces the state, and stores it.</summary>
    /// <param name="change">Makes the next state; null: the change does not apply any more.</param>
    /// <returns>The state that the run has now.</returns>
    public TrainingRun Change(Func<TrainingRun, TrainingRun?> change)
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
            Events.Add(
                new System.Text.Json.Nodes.JsonObject
                {
                    ["event"] = "end",
                    ["state"] = WireNames.Get(next.State),
                    ["reason"] = next.Reason,
                    ["version"] = next.Version,
                }
            );
            Events.End();
            DeleteWorkFiles();
            Ended.TrySetResult();
            return next;
        }
    }

    /// <summary>Notes the phase, which is not worth a write to the disk.</summary>
    public void SetPhase(string phase)
    {
        lock (gate)
            current = current with { Phase = phase };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Events.Dispose();
        Cancellation.Dispose();
    }

    private void Store(TrainingRun run) =>
        folder.Write(() =>
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(run, Json);
            folder.Replace(System.IO.Path.Combine(Path, StateFile), content, flush: true);
            return run;
        });

    // The events, the state and the figures stay.
    private void DeleteWorkFiles()
    {
        string[] names =
        [
            TrainingJob.File,
            TrainingJob.InitialWeights,
            TrainingJob.Checkpoint,
            $"{TrainingJob.Checkpoint}.tmp",
            TrainingJob.ResultWeights,
        ];
        try
        {
            foreach (var name in names)
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
