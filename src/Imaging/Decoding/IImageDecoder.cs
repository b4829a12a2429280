namespace ModelService.Imaging.Decoding;

/// <summary>A library that decodes some formats. Any number of threads may use one at once.</summary>
internal interface IImageDecoder
{
    /// <summary>Whether this one decodes the format.</summary>
    /// <param name="format">The format.</param>
    bool Reads(ImageFormat format);

    /// <summary>Reads the header, checks the size and makes ready to read the rows.</summary>
    /// <param name="encoded">The file's bytes; they must stay as they are until the picture is disposed.</param>
    /// <param name="format">Its format, one that this decoder reads.</param>
    /// <param name="settings">How to decode, and the limits.</param>
    /// <returns>The picture; the caller disposes it.</returns>
    /// <exception cref="ImageException">The header can't be read, or says that the picture is too large.</exception>
    Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings);
}
