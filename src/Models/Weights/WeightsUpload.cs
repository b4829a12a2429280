namespace ModelService.Models.Weights;

/// <summary>A weights file that a client uploaded.</summary>
/// <param name="Path">The file on disk.</param>
/// <param name="Sha256">SHA-256 of the file, in hexadecimal.</param>
public sealed record WeightsUpload(string Path, string Sha256);
