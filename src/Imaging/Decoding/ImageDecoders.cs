namespace ModelService.Imaging.Decoding;

/// <summary>The decoders of each <see cref="DecoderLibrary"/>.</summary>
internal static class ImageDecoders
{
    /// <summary>Creates the decoders that the options name. A library that they don't name is not loaded.</summary>
    /// <param name="options">The library, and the limit on pixels.</param>
    public static IImageDecoder[] Create(ImagingOptions options) =>
        options.Decoder switch
        {
            DecoderLibrary.ImageSharp =>
            [
                new ImageSharpDecoder(
                    options.MaxPixels,
                    ImageFormat.Jpeg,
                    ImageFormat.Png,
                    ImageFormat.WebP,
                    ImageFormat.Gif,
                    ImageFormat.Bmp
                ),
            ],

            // libvips as packaged does not read BMP.
            _ => [new VipsDecoder(), new ImageSharpDecoder(options.MaxPixels, ImageFormat.Bmp)],
        };
}
