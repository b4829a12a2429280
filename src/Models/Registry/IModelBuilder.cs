using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <summary>Makes versions that compute. It uses threads of its own, and does not block the caller's.</summary>
internal interface IModelBuilder
{
    /// <summary>Refuses a definition with samples whose images can't be decoded.</summary>
    /// <param name="model">The definition.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>, with the JSON pointer of each such image.
    /// </exception>
    Task CheckSamplesAsync(ResolvedModel model, CancellationToken cancellationToken);

    /// <summary>Builds a version, warms it up, and computes its golden samples.</summary>
    /// <param name="version">The version.</param>
    /// <param name="source">Where its tensors come from.</param>
    /// <param name="samples">Its golden samples; empty when it has none.</param>
    /// <param name="cancellationToken">Gives up a build; a step of it that has begun may end first.</param>
    /// <returns>The version in memory; the caller disposes it, or passes it on.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: the device does not exist, or can't compute in that precision;
    /// <see cref="ErrorCode.WeightsUnreadable"/>, <see cref="ErrorCode.WeightsMismatch"/>,
    /// <see cref="ErrorCode.PlanRejected"/>, <see cref="ErrorCode.OutOfMemory"/>;
    /// <see cref="ErrorCode.ModelNotReady"/>: the version that is its source is not stored.
    /// </exception>
    Task<BuiltModel> BuildAsync(
        ModelVersion version,
        WeightsSource source,
        IReadOnlyList<SampleDefinition> samples,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Stores the result of comparing the plan of a new version, so that loads of it don't compare again. Throws
    /// nothing when it can't be stored.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="built">The version in memory; borrowed.</param>
    /// <param name="weights">The weights file that it was stored with.</param>
    Task KeepVerificationAsync(ModelVersion version, BuiltModel built, StoredFile weights);
}
