using SkiaSharp;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// Decodes BMP with Skia, because the packaged libvips can't. A BMP stores its last row first, so the whole picture is
/// decoded at once.
/// </summary>
internal sealed class SkiaDecoder : IImageDecoder
{
    /// <inheritdoc/>
    public bool Reads(ImageFormat format) => format == ImageFormat.Bmp;

    /// <inheritdoc/>
    public unsafe (int Width, int Height) ReadSize(ReadOnlyMemory<byte> encoded, ImageFormat format)
    {
        using var pinned = encoded.Pin();
        using var data = SKData.Create((nint)pinned.Pointer, encoded.Length);
        using var codec = OpenCodec(data, format);
        return (codec.Info.Width, codec.Info.Height);
    }

    /// <inheritdoc/>
    public unsafe Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings)
    {
        using var pinned = encoded.Pin();
        using var data = SKData.Create((nint)pinned.Pointer, encoded.Length);
        using var codec = OpenCodec(data, format);
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        PixelLimit.Check("The picture", info.Width, info.Height, settings.MaxPixels);
        var pixels = new NativeBuffer(info.BytesSize64);
        if (codec.GetPixels(info, pixels.Address) == SKCodecResult.Success)
            return new BufferedPicture(info.Width, info.Height, pixels, new SampleLayout(3, true, 1, settings.Alpha));
        pixels.Dispose();
        throw DecodeError.Create(format);
    }

    private static SKCodec OpenCodec(SKData data, ImageFormat format)
    {
        var codec = SKCodec.Create(data);
        if (codec is { EncodedFormat: SKEncodedImageFormat.Bmp })
            return codec;
        codec?.Dispose();
        throw DecodeError.Create(format);
    }
}
