namespace ModelService.Models.Weights.Pickle;

/// <summary>The origin of a pickle, for error messages.</summary>
/// <param name="Name">The zip entry or the file.</param>
/// <param name="Origin">Offset of the pickle's first byte in the entry or file.</param>
/// <param name="IsCut">Whether more bytes follow that the limit for pickles excludes.</param>
internal sealed record PickleSource(string Name, long Origin = 0, bool IsCut = false);
