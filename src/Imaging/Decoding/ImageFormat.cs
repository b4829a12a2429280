namespace ModelService.Imaging.Decoding;

/// <summary>The supported image file formats.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
    Avif,
}
