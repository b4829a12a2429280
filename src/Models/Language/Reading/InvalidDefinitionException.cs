using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>A definition has errors. Carries its network's analysis, as far as the errors leave one.</summary>
/// <param name="detail">A sentence for the client.</param>
/// <param name="errors">Each error.</param>
/// <param name="analysis">The network's analysis, which may be incomplete; null when the network is unreadable.</param>
public sealed class InvalidDefinitionException(
    string detail,
    IReadOnlyList<ErrorDetail> errors,
    ArchitectureAnalysis? analysis
) : ServingException(ErrorCode.DefinitionInvalid, detail, errors)
{
    /// <summary>The network's analysis, which may be incomplete; null when the network is unreadable.</summary>
    public ArchitectureAnalysis? Analysis { get; } = analysis;
}
