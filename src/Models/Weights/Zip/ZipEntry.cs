namespace ModelService.Models.Weights.Zip;

/// <summary>An entry of a zip; its bytes were found to be inside the file and shared with no other entry.</summary>
/// <param name="Name">Its name; only compared, never a path.</param>
/// <param name="IsCompressed">Deflated; otherwise it is stored as it is.</param>
/// <param name="Crc">CRC-32 of its content. PyTorch can be told to leave it out and then writes 0.</param>
/// <param name="Offset">The byte at which its data begin.</param>
/// <param name="PackedSize">Bytes in the file.</param>
/// <param name="Size">Bytes of its content, as the directory says.</param>
internal sealed record ZipEntry(string Name, bool IsCompressed, uint Crc, long Offset, long PackedSize, long Size);
