using System.Runtime.InteropServices;
using ModelService.Imaging.Preprocessing;
using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>Decodes all formats but BMP with libvips; row by row where the format allows it.</summary>
internal sealed class VipsDecoder : IImageDecoder
{
    /// <summary>Creates the decoder and configures libvips for the process.</summary>
    public VipsDecoder() => VipsLibrary.Configure();

    /// <inheritdoc/>
    public bool Reads(ImageFormat format) => format != ImageFormat.Bmp;

    /// <inheritdoc/>
    public (int Width, int Height) ReadSize(ReadOnlyMemory<byte> encoded, ImageFormat format)
    {
        if (format == ImageFormat.Gif)
            return GifFirstFrame.ReadSize(encoded.Span);
        try
        {
            using var source = Source.NewFromMemory(WholeArray(encoded));
            using var image = Load(format, source);
            return (image.Width, image.Height);
        }
        catch (VipsException exception)
        {
            throw DecodeError.Create(format, exception);
        }
    }

    /// <inheritdoc/>
    public Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings)
    {
        // A GIF is cut down to its first frame. Pillow ignores the other frames, so they may be damaged or very many.
        var bytes =
            format == ImageFormat.Gif
                ? GifFirstFrame.Extract(encoded.Span, settings.MaxPixels, opaque: settings.Alpha == AlphaHandling.Drop)
                : WholeArray(encoded);
        var owned = new Stack<IDisposable>();
        try
        {
            var source = Source.NewFromMemory(bytes);
            owned.Push(source);
            var image = Load(format, source);
            owned.Push(image);
            var (width, height) = (image.Width, image.Height); // locals, because each is a look-up by name in libvips
            PixelLimit.Check("The picture", width, height, settings.MaxPixels);
            var filePixels = (long)width * height;
            if (format == ImageFormat.Jpeg && settings.MayHalve(width, height))
            {
                image = Load(format, source, shrink: 2);
                owned.Push(image);
                (width, height) = (image.Width, image.Height);
            }

            var orientation = image.GetTypeOf("orientation") != 0 ? Convert.ToInt32(image.Get("orientation"), null) : 1;
            if (settings.ColorProfile == ColorProfile.Srgb && image.GetTypeOf("icc-profile-data") != 0)
            {
                image = image.IccTransform("srgb", embedded: true);
                owned.Push(image);
            }

            var layout = Layout(image, settings.Alpha);
            var region = Region.New(image);
            owned.Push(region);
            return new VipsPicture(width, height, region, layout, orientation, format, filePixels, owned);
        }
        catch (Exception exception)
        {
            VipsPicture.Release(owned);
            if (exception is VipsException)
                throw DecodeError.Create(format, exception);
            throw;
        }
    }

    private static byte[] WholeArray(ReadOnlyMemory<byte> encoded) =>
        MemoryMarshal.TryGetArray(encoded, out var array) && array.Array!.Length == encoded.Length
            ? array.Array
            : encoded.ToArray();

    // Calls the format's own loader instead of letting libvips guess, so that no other loader is ever reached. The
    // loaders fail where Pillow fails: on files cut short, not on wrong checksums. libtiff reports a file cut short as
    // an ordinary error, hence its other setting.
    private static Image Load(ImageFormat format, Source source, int shrink = 1) =>
        format switch
        {
            ImageFormat.Jpeg => Image.JpegloadSource(
                source,
                shrink: shrink,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Truncated
            ),
            ImageFormat.Png => Image.PngloadSource(
                source,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Truncated
            ),
            ImageFormat.WebP => Image.WebploadSource(
                source,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Truncated
            ),
            ImageFormat.Gif => Image.GifloadSource(
                source,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Truncated
            ),
            ImageFormat.Tiff => Image.TiffloadSource(
                source,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Error
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format of this decoder."),
        };

    private static SampleLayout Layout(Image image, AlphaHandling alpha)
    {
        var bytesPerSample = image.Format switch
        {
            Enums.BandFormat.Uchar => 1,
            Enums.BandFormat.Ushort => 2,
            var other => throw Unsupported($"samples of type {other}; unsigned integers of 8 or 16 bits are supported"),
        };
        var colors = image.Interpretation switch
        {
            Enums.Interpretation.Bw or Enums.Interpretation.Grey16 => 1,
            Enums.Interpretation.Srgb or Enums.Interpretation.Rgb or Enums.Interpretation.Rgb16 => 3,
            Enums.Interpretation.Cmyk => 4,
            var other => throw Unsupported($"colours of type {other}; gray, RGB and CMYK are supported"),
        };
        var bands = image.Bands;
        return (bands - colors) is 0 or 1
            ? new SampleLayout(colors, bands > colors, bytesPerSample, alpha)
            : throw Unsupported($"{bands} samples per pixel; {colors} or, with alpha, {colors + 1} are supported");
    }

    private static ImageException Unsupported(string found) => new(ImageFault.Undecodable, $"The picture has {found}.");
}
