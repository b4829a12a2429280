using SkiaSharp;

namespace ModelService.Imaging.Tests.Support;

/// <summary>Decodes with Skia, which the product does not use: another opinion on a picture.</summary>
internal static class SkiaOpinion
{
    /// <summary>The pixels as stored, with alpha dropped; null when Skia does not read all of them.</summary>
    public static (int Width, int Height, byte[] Rgb)? Decode(byte[] encoded)
    {
        using var data = SKData.CreateCopy(encoded);
        using var codec = SKCodec.Create(data);
        if (codec is null || (long)codec.Info.Width * codec.Info.Height > 4_000_000)
            return null;
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var bitmap = new SKBitmap(info);
        if (codec.GetPixels(info, bitmap.GetPixels()) != SKCodecResult.Success)
            return null;
        var rgba = bitmap.GetPixelSpan();
        var rgb = new byte[3 * info.Width * info.Height];
        for (int i = 0, o = 0; o < rgb.Length; i += 4, o += 3)
            rgba.Slice(i, 3).CopyTo(rgb.AsSpan(o));
        return (info.Width, info.Height, rgb);
    }
}
