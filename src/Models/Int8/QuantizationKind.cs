using ModelService.Models.Errors;
using ModelService.Models.Runs;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Int8;

/// <summary>What tells quantizations from other runs.</summary>
/// <param name="data">The data folder.</param>
/// <param name="sync">Brings the versions that other servers have made.</param>
/// <param name="limits">The limits of runs.</param>
internal sealed class QuantizationKind(DataFolder data, IStoreSync sync, RunLimits limits) : RunKind<QuantizationRun>
{
    /// <summary>The name of the file with the images.</summary>
    public const string Images = "images.json";

    /// <inheritdoc/>
    public override string Name => "quantization";

    /// <inheritdoc/>
    public override string Folder => data.Quantizations;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Files => [Images];

    /// <summary>The limits, with one at a time: they would compute one after another in any case.</summary>
    public override RunLimits Limits => limits with { MaxRunning = Math.Min(1, limits.MaxRunning) };

    /// <inheritdoc/>
    public override ErrorCode NotFound => ErrorCode.QuantizationNotFound;

    /// <inheritdoc/>
    public override ErrorCode Conflict => ErrorCode.QuantizationConflict;

    /// <inheritdoc/>
    public override Task AdoptAsync(string folder, CancellationToken cancellationToken) =>
        sync.CatchUpAsync(cancellationToken);
}
