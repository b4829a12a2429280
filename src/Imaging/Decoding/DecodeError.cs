namespace ModelService.Imaging.Decoding;

/// <summary>Creates the error for a file whose format is supported but whose content can't be decoded.</summary>
internal static class DecodeError
{
    /// <summary>
    /// Creates the exception to throw. Its message never quotes the decoding library: libvips collects error texts for
    /// the whole process, so they may be about another client's picture.
    /// </summary>
    /// <param name="format">The format, from the file's first bytes.</param>
    /// <param name="cause">The library's exception, for the log.</param>
    public static ImageException Create(ImageFormat format, Exception? cause = null) =>
        new(ImageFault.Undecodable, $"The {Name(format)} picture is damaged or cut short.", cause);

    /// <summary>A format's name, for messages.</summary>
    /// <param name="format">The format.</param>
    public static string Name(ImageFormat format) =>
        format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
