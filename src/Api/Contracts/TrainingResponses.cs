using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Runs;
using ModelService.Models.Training.Runs;

namespace ModelService.Api.Contracts;

/// <summary>A training.</summary>
public sealed record TrainingResponse : TrainingRun
{
    /// <summary>Takes a training over.</summary>
    [SetsRequiredMembers]
    public TrainingResponse(RunStatus<TrainingRun> status)
        : base(status.Run) => (Progress, BestSoFar) = (status.Progress, status.Best);

    /// <summary>
    /// The last event of a step: phase, step of steps, epoch, loss, accuracy, learning rate, images per second, seconds
    /// so far, and seconds until the phase ends (<c>eta</c>). Null unless it runs.
    /// </summary>
    public JsonObject? Progress { get; }

    /// <summary>The epoch with the least validation loss so far. Null unless it runs.</summary>
    public JsonObject? BestSoFar { get; }
}

/// <summary>Trainings.</summary>
/// <param name="Trainings">The trainings, newest first.</param>
public sealed record TrainingListResponse(IReadOnlyList<TrainingResponse> Trainings);

/// <summary>The course of a training.</summary>
/// <param name="Phases">The events of phases.</param>
/// <param name="Epochs">The events of epochs: losses and accuracies of training and validation.</param>
/// <param name="Steps">The events of steps, all or thinned.</param>
/// <param name="Warnings">The warnings.</param>
public sealed record TrainingHistoryResponse(
    IReadOnlyList<JsonElement> Phases,
    IReadOnlyList<JsonElement> Epochs,
    IReadOnlyList<JsonElement> Steps,
    IReadOnlyList<JsonElement> Warnings
)
{
    /// <summary>Sorts the events of a training.</summary>
    /// <param name="events">All of its events.</param>
    /// <param name="points">Most steps to return; null: all.</param>
    public static async Task<TrainingHistoryResponse> CreateAsync(IAsyncEnumerable<JsonElement> events, int? points)
    {
        var byKind = (await events.ToListAsync()).ToLookup(item => item.GetProperty("event").GetString());
        var steps = Once(byKind["step"]);
        return new TrainingHistoryResponse(
            [.. byKind["phase"]],
            Once(byKind["epoch"]),
            points < steps.Count ? Thin(steps, points.Value) : steps,
            [.. byKind["warning"]]
        );
    }

    // A training that went on from a checkpoint has computed some steps twice, with the same result.
    private static List<JsonElement> Once(IEnumerable<JsonElement> events) =>
        [
            .. events
                .GroupBy(item => (item.GetProperty("phase").GetString(), item.GetProperty("step").GetInt64()))
                .Select(group => group.Last()),
        ];

    private static List<JsonElement> Thin(List<JsonElement> steps, int points) =>
        points == 1
            ? [steps[^1]]
            : [.. Enumerable.Range(0, points).Select(i => steps[(int)((long)i * (steps.Count - 1) / (points - 1))])];
}
