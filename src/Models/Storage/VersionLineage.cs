namespace ModelService.Models.Storage;

/// <summary>Where a version comes from.</summary>
/// <param name="From">The version whose network or tensors it took, such as <c>pets@1</c>; null when it took none.</param>
/// <param name="Parent">The version that was the default when it was made; null for the first.</param>
public sealed record VersionLineage(string? From, int? Parent);
