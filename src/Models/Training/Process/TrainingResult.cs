namespace ModelService.Models.Training.Process;

/// <summary>The figures of a run that has ended with weights: the file <c>result.json</c>.</summary>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="CpuSeconds">Seconds of processors.</param>
/// <param name="Threads">Threads that computed.</param>
/// <param name="Device">The device that computed.</param>
/// <param name="Temperature">What the head was divided by; null when it was not calibrated.</param>
/// <param name="Phases">What each phase has brought.</param>
/// <param name="Warnings">What the user should know.</param>
/// <param name="Train">The training images.</param>
/// <param name="Val">The figures on the validation images; null when there are none.</param>
/// <param name="Test">The figures on the test images; null when there are none.</param>
internal sealed record TrainingResult(
    double Seconds,
    double CpuSeconds,
    int Threads,
    string Device,
    double? Temperature,
    IReadOnlyList<PhaseResult> Phases,
    IReadOnlyList<TrainingWarning> Warnings,
    TrainedImages Train,
    ResultFigures? Val,
    ResultFigures? Test
);

/// <summary>What the user should know of a run.</summary>
/// <param name="Code">A code for programs.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record TrainingWarning(string Code, string Message);

/// <summary>The images that a network was trained with.</summary>
/// <param name="Images">Their number.</param>
public sealed record TrainedImages(int Images);

/// <summary>The figures of a result on a part of the images.</summary>
/// <param name="Images">The number of images.</param>
/// <param name="Accuracy">The share whose highest score is that of their label.</param>
/// <param name="MacroF1">The mean of the classes' F1.</param>
/// <param name="LogLoss">The log loss, calibrated.</param>
/// <param name="ExpectedCalibrationError">The calibration error with 15 bins, calibrated.</param>
/// <param name="UncalibratedLogLoss">The log loss before the calibration; null without one.</param>
/// <param name="UncalibratedExpectedCalibrationError">
/// The calibration error before the calibration; null without one.
/// </param>
/// <param name="Places">The places of the images in the job.</param>
/// <param name="Predictions">The class with the highest score, image by image.</param>
internal sealed record ResultFigures(
    int Images,
    double Accuracy,
    double MacroF1,
    double LogLoss,
    double ExpectedCalibrationError,
    double? UncalibratedLogLoss,
    double? UncalibratedExpectedCalibrationError,
    IReadOnlyList<int> Places,
    IReadOnlyList<int> Predictions
);
