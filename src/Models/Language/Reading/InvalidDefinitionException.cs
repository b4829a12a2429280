using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>A definition with errors, with what is known of its network in spite of them.</summary>
/// <param name="detail">A sentence for the client.</param>
/// <param name="errors">Each error.</param>
/// <param name="analysis">The network's analysis, as far as it came; null when the network could not be read.</param>
public sealed class InvalidDefinitionException(
    string detail,
    IReadOnlyList<ErrorDetail> errors,
    ArchitectureAnalysis? analysis
) : ServingException(ErrorCode.DefinitionInvalid, detail, errors)
{
    /// <summary>The network's analysis, as far as it came.</summary>
    public ArchitectureAnalysis? Analysis { get; } = analysis;
}
