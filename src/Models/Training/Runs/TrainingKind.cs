using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Runs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>What tells trainings from other runs.</summary>
/// <param name="data">The data folder.</param>
/// <param name="adoption">Makes a training this server's.</param>
/// <param name="program">The program that trains.</param>
/// <param name="options">The limits of trainings.</param>
internal sealed class TrainingKind(
    DataFolder data,
    JobAdoption adoption,
    ProbeCommand program,
    IOptions<TrainingOptions> options
) : RunKind<TrainingRun>
{
    /// <inheritdoc/>
    public override string Name => "training";

    /// <inheritdoc/>
    public override string Folder => data.Trainings;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [TrainingJob.File, TrainingJob.InitialWeights];

    /// <inheritdoc/>
    public override IReadOnlyList<string> WorkFiles => [TrainingJob.ResultWeights];

    /// <inheritdoc/>
    public override string? Checkpoint => TrainingJob.Checkpoint;

    /// <inheritdoc/>
    public override RunLimits Limits => options.Value.Runs;

    /// <inheritdoc/>
    public override bool CanRun => program.Program is not null;

    /// <inheritdoc/>
    public override ErrorCode NotFound => ErrorCode.TrainingNotFound;

    /// <inheritdoc/>
    public override ErrorCode Conflict => ErrorCode.TrainingConflict;

    /// <inheritdoc/>
    public override Task AdoptAsync(string folder, CancellationToken cancellationToken) =>
        adoption.AdoptAsync(folder, cancellationToken);
}
