namespace ModelService.Models.Weights;

/// <summary>A weights file that a client brought.</summary>
/// <param name="Path">Where it is on disk.</param>
/// <param name="Sha256">SHA-256 of it, in hexadecimal.</param>
public sealed record WeightsUpload(string Path, string Sha256);
