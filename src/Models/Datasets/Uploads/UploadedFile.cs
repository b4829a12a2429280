using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>A file of an upload that should be an image.</summary>
/// <param name="FileName">Its name, as text.</param>
/// <param name="Label">Its label, not checked yet; null for none.</param>
/// <param name="Split">Its split; null for none.</param>
/// <param name="Read">Reads its bytes, or tells why they can't be used.</param>
internal sealed record UploadedFile(string? FileName, string? Label, Split? Split, Func<Outcome<byte[]>> Read);

/// <summary>What was found in an upload.</summary>
/// <param name="Files">The files. Each is read before the next one is asked for.</param>
/// <param name="Classes">Classes whose folders have no file.</param>
internal sealed record UploadContent(IEnumerable<UploadedFile> Files, IReadOnlyList<string> Classes);
