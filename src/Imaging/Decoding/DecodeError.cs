namespace ModelService.Imaging.Decoding;

/// <summary>The answer to a file of the right format that can't be read.</summary>
internal static class DecodeError
{
    /// <summary>The exception to throw. A library's own words stay inside: libvips collects them for the whole process, so they may
    /// be about another client's picture.</summary>
    /// <param name="format">What the file's first bytes say it is.</param>
    /// <param name="cause">What the library threw, for the log.</param>
    public static ImageException Create(ImageFormat format, Exception? cause = null) =>
        new(
            ImageFault.Undecodable,
            $"The {(format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant())} picture is damaged or cut short; a whole one is taken.",
            cause
        );
}
