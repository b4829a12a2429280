namespace ModelService.Models.Storage;

/// <summary>The versions that a version was made from.</summary>
/// <param name="From">
/// The version that it took its network or tensors from, such as <c>pets@1</c>; null when there is none.
/// </param>
/// <param name="Parent">The model's default version when it was created; null for the first version.</param>
public sealed record VersionLineage(string? From, int? Parent);
