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
        {
            var frame = GifFirstFrame.Read(encoded.Span);
            return (frame.Width, frame.Height);
        }

        if (format == ImageFormat.Jpeg && JpegHeader.Read(encoded.Span) is { } header)
            return (header.Width, header.Height);
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
        switch (format)
        {
            case ImageFormat.Gif:
                return GifFirstFrame.Open(encoded.Span, settings, single => Open(single, format, settings));
            case ImageFormat.Jpeg:
                return Open(WholeArray(encoded), format, settings, jpeg: JpegHeader.Read(encoded.Span));
            case ImageFormat.Tiff:
                var tags = TiffTags.Read(encoded.Span);
                TiffColors.Check(tags);
                var bytes = TiffColors.AreYCbCr(tags) ? TiffColors.LabelRgb(encoded.Span, tags) : WholeArray(encoded);
                return Open(bytes, format, settings, tiff: tags);
            default:
                return Open(WholeArray(encoded), format, settings);
        }
    }

    private static VipsPicture Open(
        byte[] bytes,
        ImageFormat format,
        DecodeSettings settings,
        JpegHeader? jpeg = null,
        TiffTags? tiff = null
    )
    {
        if (jpeg?.UnsupportedProcess is { } process)
            throw Unsupported($"{process}, which JPEGs of the web don't use. Save it as a baseline JPEG");
        var owned = new Stack<IDisposable>();
        try
        {
            var source = Source.NewFromMemory(bytes);
            owned.Push(source);
            var image = Load(format, source);
            owned.Push(image);
            var (width, height) = (image.Width, image.Height); // locals, because each is a look-up by name in libvips
            var halve = format == ImageFormat.Jpeg && settings.MayHalve(width, height);
            HalfScaleDecoding.CheckSize(width, height, settings.MaxPixels, halve && jpeg is { IsSequential: true });
            var filePixels = (long)width * height;
            if (halve)
            {
                image = Load(format, source, shrink: 2);
                owned.Push(image);
                (width, height) = (image.Width, image.Height);
            }

            var orientation = image.GetTypeOf("orientation") != 0 ? Convert.ToInt32(image.Get("orientation"), null) : 1;
            if (tiff is not null && TiffColors.AreYCbCr(tiff))
            {
                image = TiffColors.ConvertYCbCr(image, tiff);
                owned.Push(image);
            }

            if (settings.ColorProfile == ColorProfile.Srgb && image.GetTypeOf("icc-profile-data") != 0)
            {
                image = image.IccTransform("srgb", embedded: true);
                owned.Push(image);
            }

            var layout = Layout(image, settings.Alpha, tiff);
            if (image.Bands * layout.BytesPerSample > layout.BytesPerPixel)
            {
                image = image.ExtractBand(0, n: layout.BytesPerPixel / layout.BytesPerSample);
                owned.Push(image);
            }

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
            ImageFormat.Avif => Image.HeifloadSource(
                source,
                access: Enums.Access.Sequential,
                failOn: Enums.FailOn.Truncated
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format of this decoder."),
        };

    private static SampleLayout Layout(Image image, AlphaHandling alpha, TiffTags? tiff)
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

        // A TIFF may have more samples, which Pillow ignores.
        if (bands < colors || (bands > colors + 1 && tiff is null))
        {
            throw Unsupported($"{bands} samples per pixel; {colors} or, with alpha, {colors + 1} are supported");
        }

        var hasAlpha = bands > colors && (tiff is null || !TiffColors.HaveNoAlpha(tiff));
        return new SampleLayout(colors, hasAlpha, bytesPerSample, alpha);
    }

    private static ImageException Unsupported(string found) => new(ImageFault.Undecodable, $"The picture has {found}.");
}
