namespace ModelService.Models.Weights;

/// <summary>A weights file that a client uploaded.</summary>
/// <param name="File">
/// The file, open for reading; owned by the <see cref="WeightsFile"/> that is opened with it. It is the handle that the
/// file was written with: another file at its path is never read.
/// </param>
/// <param name="Sha256">SHA-256 of the file, in hexadecimal.</param>
public sealed record WeightsUpload(FileStream File, string Sha256);
