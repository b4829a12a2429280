using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelService.Imaging.Preprocessing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Bmp;
using SixLabors.ImageSharp.Formats.Gif;
using SixLabors.ImageSharp.Formats.Jpeg;
using SixLabors.ImageSharp.Formats.Png;
using SixLabors.ImageSharp.Formats.Webp;
using SixLabors.ImageSharp.Memory;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;
using SharpDecoder = SixLabors.ImageSharp.Formats.IImageDecoder;
using SharpDetector = SixLabors.ImageSharp.Formats.IImageInfoDetector;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// Decodes with ImageSharp, which is managed code: a damaged file can't harm the process' memory. It decodes a picture
/// whole. Its metadata readers are not used; <see cref="Metadata"/> reads what is needed.
/// </summary>
internal sealed class ImageSharpDecoder : IImageDecoder
{
    private const int BytesPerPixel = 8;
    private const int Megabyte = 1 << 20;

    private readonly Configuration configuration;
    private readonly ImageFormat[] formats;

    /// <summary>Creates the decoder.</summary>
    /// <param name="maxPixels">Maximum number of pixels of a picture: bounds the memory of one allocation.</param>
    /// <param name="formats">The formats to read.</param>
    public ImageSharpDecoder(long maxPixels, params ImageFormat[] formats)
    {
        this.formats = formats;
        configuration = new Configuration
        {
            MaxDegreeOfParallelism = 1,
            MemoryAllocator = MemoryAllocator.Create(
                new MemoryAllocatorOptions
                {
                    MaximumPoolSizeMegabytes = 0,
                    AllocationLimitMegabytes = (int)Math.Min((maxPixels * BytesPerPixel / Megabyte) + 16, int.MaxValue),
                }
            ),
        };
    }

    /// <inheritdoc/>
    public bool Reads(ImageFormat format) => formats.Contains(format);

    /// <inheritdoc/>
    public (int Width, int Height) ReadSize(ReadOnlyMemory<byte> encoded, ImageFormat format)
    {
        if (format == ImageFormat.Gif)
        {
            var frame = GifFirstFrame.Read(encoded.Span);
            return (frame.Width, frame.Height);
        }

        var info = Try(
            format,
            () =>
            {
                using var stream = Stream(encoded);
                return ((SharpDetector)CreateDecoder(format)).Identify(configuration, stream, CancellationToken.None);
            }
        );
        return info is { Width: > 0, Height: > 0 } ? (info.Width, info.Height) : throw DecodeError.Create(format);
    }

    /// <inheritdoc/>
    public Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings)
    {
        if (format == ImageFormat.Gif)
            return GifFirstFrame.Open(encoded.Span, settings, single => Decode(single, format, settings));
        var (width, height) = ReadSize(encoded, format);
        PixelLimit.Check("The picture", width, height, settings.MaxPixels);

        // ImageSharp takes files that are cut short.
        if (!IsWhole(encoded.Span, format))
            throw DecodeError.Create(format);
        if (format == ImageFormat.Bmp && !BmpHeader.HasAlpha(encoded.Span))
            settings = settings with { Alpha = AlphaHandling.Drop };
        return Decode(encoded, format, settings);
    }

    private static bool IsWhole(ReadOnlySpan<byte> file, ImageFormat format) =>
        format switch
        {
            ImageFormat.Jpeg => JpegHeader.Read(file) is { } header
                && file[header.DataStart..].LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0,
            ImageFormat.WebP => BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) <= file.Length - 8L,
            ImageFormat.Bmp => BmpHeader.IsWhole(file),
            _ => true,
        };

    private ImageSharpPicture Decode(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings)
    {
        var metadata = Metadata.Read(encoded.Span, format);
        if (metadata.HasProfile && settings.ColorProfile == ColorProfile.Srgb)
        {
            throw new ImageException(
                ImageFault.Undecodable,
                "The picture has a colour profile, and this server's decoder (ModelService:Imaging:Decoder=imagesharp) "
                    + "does not convert it to sRGB. Convert it before, or set color_profile to ignore."
            );
        }

        var image = Try(
            format,
            () =>
            {
                using var stream = Stream(encoded);
                return CreateDecoder(format).Decode<Rgba32>(configuration, stream, CancellationToken.None);
            }
        );
        return new ImageSharpPicture(image, metadata.Orientation, settings.Alpha);
    }

    private static SharpDecoder CreateDecoder(ImageFormat format) =>
        format switch
        {
            ImageFormat.Jpeg => new JpegDecoder { IgnoreMetadata = true },
            ImageFormat.Png => new PngDecoder { IgnoreMetadata = true },
            ImageFormat.WebP => new WebpDecoder { IgnoreMetadata = true },
            ImageFormat.Gif => new GifDecoder { IgnoreMetadata = true, DecodingMode = FrameDecodingMode.First },
            ImageFormat.Bmp => new BmpDecoder(),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Not a format of this decoder."),
        };

    private static MemoryStream Stream(ReadOnlyMemory<byte> encoded) =>
        MemoryMarshal.TryGetArray(encoded, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(encoded.ToArray(), writable: false);

    // Damaged files raise exceptions of many types.
    private static T Try<T>(ImageFormat format, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is not ImageException and not OutOfMemoryException)
        {
            throw DecodeError.Create(format, exception);
        }
    }
}
