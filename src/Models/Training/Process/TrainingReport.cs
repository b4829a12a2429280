using System.Text.Json;

namespace ModelService.Models.Training.Process;

/// <summary>
/// What the child process tells while it trains: one JSON object a line on its standard output. The server stores the
/// lines as the events of the run.
/// </summary>
/// <param name="output">Receives the lines.</param>
internal sealed class TrainingReport(TextWriter output)
{
    private readonly List<TrainingWarning> warnings = [];

    /// <summary>The warnings said so far.</summary>
    public IReadOnlyList<TrainingWarning> Warnings => warnings;

    /// <summary>Says that a phase begins.</summary>
    /// <param name="phase">Its name, such as <c>head</c>.</param>
    /// <param name="detail">What is done in it.</param>
    public void Phase(string phase, string detail) => Write("phase", new { phase, detail });

    /// <summary>Says how far a phase is.</summary>
    public void Progress(TrainingProgress progress) => Write("step", progress);

    /// <summary>Says what an epoch has brought.</summary>
    public void Epoch(TrainingEpoch epoch) => Write("epoch", epoch);

    /// <summary>Says what the user should know.</summary>
    /// <param name="code">A code for programs, such as <c>collapsed</c>.</param>
    /// <param name="message">A sentence for people.</param>
    public void Warn(string code, string message)
    {
        var warning = new TrainingWarning(code, message);
        warnings.Add(warning);
        Write("warning", warning);
    }

    private void Write(string name, object content)
    {
        var line = JsonSerializer.SerializeToNode(content, TrainingJson.Options)!.AsObject();
        line.Insert(0, "event", name);
        lock (output)
        {
            output.WriteLine(line.ToJsonString());
            output.Flush();
        }
    }
}

/// <summary>How far a phase is.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Step">Steps, or images, that are done.</param>
/// <param name="Steps">Steps, or images, of the phase.</param>
/// <param name="Epoch">The epoch, from 1; null in phases without epochs.</param>
/// <param name="Images">Images that the phase has computed since its process started.</param>
/// <param name="Loss">The mean loss of the steps since the last report.</param>
/// <param name="Accuracy">The share of their images that were right.</param>
/// <param name="LearningRate">The learning rate of the last step.</param>
/// <param name="ImagesPerSecond">Images computed per second.</param>
/// <param name="Elapsed">Seconds of the run so far.</param>
/// <param name="Eta">Seconds until the phase ends, by the speed so far.</param>
internal sealed record TrainingProgress(
    string Phase,
    long Step,
    long Steps,
    long? Epoch,
    long Images,
    double? Loss,
    double? Accuracy,
    double? LearningRate,
    double ImagesPerSecond,
    double Elapsed,
    double? Eta
);

/// <summary>What an epoch has brought.</summary>
/// <param name="Phase">The phase.</param>
/// <param name="Epoch">The epoch, from 1.</param>
/// <param name="Step">Steps that are done.</param>
/// <param name="TrainLoss">The mean loss of the epoch's steps.</param>
/// <param name="TrainAccuracy">The share of its images that were right.</param>
/// <param name="ValLoss">The log loss on the validation images; null when there are none.</param>
/// <param name="ValAccuracy">The share of the validation images that is right.</param>
/// <param name="IsBest">Whether the validation loss is the least so far.</param>
internal sealed record TrainingEpoch(
    string Phase,
    long Epoch,
    long Step,
    double TrainLoss,
    double TrainAccuracy,
    double? ValLoss,
    double? ValAccuracy,
    bool IsBest
);
