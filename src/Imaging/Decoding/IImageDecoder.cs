namespace ModelService.Imaging.Decoding;

/// <summary>Decodes pictures of some formats with one library. Thread-safe.</summary>
internal interface IImageDecoder
{
    /// <summary>Whether this decoder reads a format.</summary>
    /// <param name="format">The format.</param>
    bool Reads(ImageFormat format);

    /// <summary>Reads the width and the height of a picture from its header.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="format">The format of the bytes; one for which <see cref="Reads"/> is true.</param>
    /// <exception cref="ImageException">The header can't be read.</exception>
    (int Width, int Height) ReadSize(ReadOnlyMemory<byte> encoded, ImageFormat format);

    /// <summary>Reads the header, checks the size and prepares for reading the rows.</summary>
    /// <param name="encoded">The file's bytes; they must not change until the picture is disposed.</param>
    /// <param name="format">The format of the bytes; one for which <see cref="Reads"/> is true.</param>
    /// <param name="settings">How to decode, and the size limit.</param>
    /// <returns>The picture; the caller disposes it.</returns>
    /// <exception cref="ImageException">The header can't be read, or the picture is too large.</exception>
    Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings);
}
