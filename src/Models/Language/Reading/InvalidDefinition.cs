using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;

namespace ModelService.Models.Language.Reading;

/// <summary>The failure <c>definition_invalid</c> of a definition whose network was analysed.</summary>
/// <param name="Detail">A sentence for the client.</param>
/// <param name="Analysis">The network's analysis, which may be incomplete; null when the network is unreadable.</param>
public sealed record InvalidDefinition(string Detail, ArchitectureAnalysis? Analysis)
    : Failure(ErrorCode.DefinitionInvalid, Detail);
