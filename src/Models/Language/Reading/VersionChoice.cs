namespace ModelService.Models.Language.Reading;

/// <summary>The version that is to be a model's default.</summary>
/// <param name="Number">Its number; null: the newest that is ready, from now on.</param>
public sealed record VersionChoice(int? Number);
