using System.Text.Json.Nodes;
using ModelService.Models.Runs;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>A training at one moment.</summary>
public record TrainingRun : Run
{
    /// <summary>The data set.</summary>
    public required string Dataset { get; init; }

    /// <summary>The revision of the data set.</summary>
    public required int Revision { get; init; }

    /// <summary>The number of images of each split.</summary>
    public required IReadOnlyDictionary<string, int> Images { get; init; }

    /// <summary>The classes, in the order of the scores.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>What the client has asked for.</summary>
    public required JsonObject Definition { get; init; }

    /// <summary>Whether the version may become the default by itself; null: there is none yet.</summary>
    public bool? Promoted { get; init; }

    /// <summary>Why the version may become the default, or may not.</summary>
    public string? PromotedReason { get; init; }

    /// <summary>The figures of the result; null: there is none yet.</summary>
    public TrainingFigures? Result { get; init; }
}

/// <summary>The figures of a result.</summary>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="CpuSeconds">Seconds of processors.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="Device">The device that computed.</param>
/// <param name="Temperature">What the head was divided by, to calibrate it; null when it was not.</param>
/// <param name="Phases">What each phase has brought.</param>
/// <param name="Warnings">What the user should know.</param>
/// <param name="Train">The number of training images.</param>
/// <param name="Val">The figures on the validation images; null when there are none.</param>
/// <param name="Test">The figures on the test images; null when there are none.</param>
public sealed record TrainingFigures(
    double Seconds,
    double CpuSeconds,
    int Threads,
    string Device,
    double? Temperature,
    IReadOnlyList<PhaseFigures> Phases,
    IReadOnlyList<TrainingWarning> Warnings,
    int Train,
    SplitFigures? Val,
    SplitFigures? Test
)
{
    internal static TrainingFigures From(TrainingResult result) =>
        new(
            result.Seconds,
            result.CpuSeconds,
            result.Threads,
            result.Device,
            result.Temperature,
            [.. result.Phases.Select(PhaseFigures.From)],
            result.Warnings,
            result.Train.Images,
            SplitFigures.From(result.Val),
            SplitFigures.From(result.Test)
        );
}

/// <summary>What a phase has brought.</summary>
/// <param name="Name">The phase.</param>
/// <param name="Epochs">Epochs; null for phases without.</param>
/// <param name="Seconds">Seconds that it took.</param>
/// <param name="ValLoss">The log loss on the validation images.</param>
/// <param name="ValAccuracy">The share of the validation images that is right.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="Kept">Whether its weights were better than those before.</param>
public sealed record PhaseFigures(
    string Name,
    double? Epochs,
    double Seconds,
    double? ValLoss,
    double? ValAccuracy,
    string Reason,
    bool Kept
)
{
    internal static PhaseFigures From(PhaseResult phase) =>
        new(
            phase.Name,
            phase.Epochs is { } epochs ? Math.Round(epochs, 2) : null,
            Math.Round(phase.Seconds, 2),
            phase.ValLoss,
            phase.ValAccuracy,
            phase.Reason,
            phase.IsKept
        );
}

/// <summary>The figures of a result on the images of a split.</summary>
/// <param name="Images">The number of images.</param>
/// <param name="Accuracy">The share whose highest score is that of their label.</param>
/// <param name="MacroF1">The mean of the classes' F1.</param>
/// <param name="LogLoss">The log loss.</param>
/// <param name="ExpectedCalibrationError">
/// How far the probabilities are from the shares that are right; 15 bins.
/// </param>
/// <param name="UncalibratedLogLoss">The log loss before the calibration; null without one.</param>
/// <param name="UncalibratedExpectedCalibrationError">
/// The calibration error before the calibration; null without one.
/// </param>
public sealed record SplitFigures(
    int Images,
    double Accuracy,
    double MacroF1,
    double LogLoss,
    double ExpectedCalibrationError,
    double? UncalibratedLogLoss,
    double? UncalibratedExpectedCalibrationError
)
{
    internal static SplitFigures? From(ResultFigures? figures) =>
        figures is null
            ? null
            : new SplitFigures(
                figures.Images,
                figures.Accuracy,
                figures.MacroF1,
                figures.LogLoss,
                figures.ExpectedCalibrationError,
                figures.UncalibratedLogLoss,
                figures.UncalibratedExpectedCalibrationError
            );
}
