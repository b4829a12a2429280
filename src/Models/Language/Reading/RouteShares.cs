namespace ModelService.Models.Language.Reading;

/// <summary>A client's choice of the versions that answer requests without a version number.</summary>
/// <param name="Percents">The percentage of each version; empty: the default version alone answers.</param>
public sealed record RouteShares(IReadOnlyDictionary<int, int> Percents);
