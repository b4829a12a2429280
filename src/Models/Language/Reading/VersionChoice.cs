namespace ModelService.Models.Language.Reading;

/// <summary>A client's choice of a model's default version.</summary>
/// <param name="Number">The version's number; null: always the newest version that is ready.</param>
public sealed record VersionChoice(int? Number);
