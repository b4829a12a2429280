using ModelService.Imaging.Decoding;

namespace ModelService.Imaging.Preprocessing;

/// <content>Rejects requests whose pictures have too many pixels together.</content>
public sealed partial class Preprocessor
{
    /// <summary>
    /// Whether a request with a number of pictures may have too many pixels. Most requests have so few pictures that
    /// they don't need <see cref="CheckTogether"/>.
    /// </summary>
    /// <param name="pictures">The number of pictures.</param>
    public bool MayExceed(int pictures) =>
        pictures * HalfScaleDecoding.PixelsForOne * options.MaxPixels > options.MaxRequestPixels;

    /// <summary>Rejects pictures that have too many pixels together. Reads only their headers.</summary>
    /// <param name="pictures">The files' bytes: all pictures of a request.</param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public void CheckTogether(IReadOnlyCollection<ReadOnlyMemory<byte>> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        PixelLimit.CheckTogether(pictures.Count, pictures.Sum(CountPixels), options.MaxRequestPixels);
    }

    // A picture that is rejected by itself is not decoded, so it counts for nothing.
    private long CountPixels(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > options.MaxBytes)
            return 0;
        try
        {
            var format = MagicBytes.Identify(encoded.Span);
            var (width, height) = DecoderOf(format).ReadSize(encoded, format);
            var pixels = (long)width * height;
            var most =
                format == ImageFormat.Jpeg ? HalfScaleDecoding.PixelsForOne * options.MaxPixels : options.MaxPixels;
            return pixels <= most ? pixels : 0;
        }
        catch (ImageException)
        {
            return 0;
        }
    }
}
