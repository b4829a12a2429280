namespace ModelService.Models.Weights.Zip;

/// <summary>
/// An entry of a zip. Its bytes were checked to be within the file and not to overlap with another entry.
/// </summary>
/// <param name="Name">Its name. It is only compared, never used as a path.</param>
/// <param name="IsCompressed">Whether it is deflated; otherwise it is stored uncompressed.</param>
/// <param name="Crc">CRC-32 of its content; 0 if the writer left it out, which is an option of PyTorch.</param>
/// <param name="Offset">Offset of its data.</param>
/// <param name="PackedSize">Number of bytes in the file.</param>
/// <param name="Size">Number of bytes of its content, according to the directory.</param>
internal sealed record ZipEntry(string Name, bool IsCompressed, uint Crc, long Offset, long PackedSize, long Size);
