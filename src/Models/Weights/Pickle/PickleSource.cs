namespace ModelService.Models.Weights.Pickle;

/// <summary>Where a pickle comes from, for the sentences of errors.</summary>
/// <param name="Name">The record or file.</param>
/// <param name="Origin">The byte at which the pickle begins in it.</param>
/// <param name="IsCut">More bytes follow, but the limit allows no more.</param>
internal sealed record PickleSource(string Name, long Origin = 0, bool IsCut = false);
