using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ModelService.Models.Runs;

/// <summary>Where a run is on its way.</summary>
public enum RunState
{
    /// <summary>It waits for its turn.</summary>
    Queued,

    /// <summary>It computes, or its version is being made.</summary>
    Running,

    /// <summary>It has made a version.</summary>
    Succeeded,

    /// <summary>It has made no version, for the reason given.</summary>
    Failed,

    /// <summary>A client has ended it.</summary>
    Cancelled,
}

/// <summary>
/// Work in the background that makes a version of a model, at one moment. It never changes itself: another one replaces
/// it.
/// </summary>
public abstract record Run
{
    /// <summary>The reason of a run that a client has ended.</summary>
    internal const string WasCancelled = "It was cancelled.";

    private const int First = -1; // before those of the kind

    /// <summary>Its id.</summary>
    [JsonPropertyOrder(First)]
    public required string Id { get; init; }

    /// <summary>The model that it makes a version of.</summary>
    [JsonPropertyOrder(First)]
    public required string Model { get; init; }

    /// <summary>Where it is on its way.</summary>
    [JsonPropertyOrder(First)]
    public required RunState State { get; init; }

    /// <summary>The phase that it is in; null before the first one.</summary>
    public string? Phase { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it began; null: it has not.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended; null: it has not.</summary>
    public DateTimeOffset? Ended { get; init; }

    /// <summary>What it begins with, such as <c>pets@1</c> or <c>resnet18_mlnet</c>.</summary>
    public required string From { get; init; }

    /// <summary>The code of the failure; null: it has not failed.</summary>
    public string? Code { get; init; }

    /// <summary>Why it has ended so; null: it has not.</summary>
    public string? Reason { get; init; }

    /// <summary>How often it was started again, after it crashed or the server was restarted.</summary>
    public int Resumed { get; init; }

    /// <summary>The version that it has made; null: none yet.</summary>
    public int? Version { get; init; }

    /// <summary>Whether it has ended.</summary>
    internal bool IsOver => State is RunState.Succeeded or RunState.Failed or RunState.Cancelled;

    /// <summary>Draws an id, which begins with the time, so that ids sort by it.</summary>
    /// <param name="now">The time.</param>
    internal static string NewId(DateTimeOffset now) =>
        string.Create(CultureInfo.InvariantCulture, $"{now:yyyyMMdd-HHmmss}-{Random.Shared.Next(0x10000):x4}");
}

/// <summary>A run, and how far it is.</summary>
/// <typeparam name="TRun">The kind of run.</typeparam>
/// <param name="Run">The run.</param>
/// <param name="Progress">Its last event of a step; null when there is none, or it does not run.</param>
/// <param name="Best">Its last event of a best epoch; null when there is none, or it does not run.</param>
public sealed record RunStatus<TRun>(TRun Run, JsonObject? Progress, JsonObject? Best)
    where TRun : Run;

/// <summary>A run has ended without a result, and would so again.</summary>
/// <param name="message">Why, as a sentence for the client.</param>
internal sealed class RunFailedException(string message) : Exception(message);

/// <summary>What all kinds of runs have in common.</summary>
internal static class RunExtensions
{
    /// <summary>The end of a run.</summary>
    /// <param name="run">The run before.</param>
    /// <param name="state">How it has ended.</param>
    /// <param name="code">The code of the failure; null: it has not failed.</param>
    /// <param name="reason">Why it has ended so; null when it has succeeded.</param>
    /// <param name="now">The time.</param>
    public static TRun End<TRun>(this TRun run, RunState state, string? code, string? reason, DateTimeOffset now)
        where TRun : Run => run with { State = state, Code = code, Reason = reason, Ended = now };
}
