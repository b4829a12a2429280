namespace ModelService.Imaging.Decoding;

/// <summary>The encodings that are taken.</summary>
internal enum ImageFormat
{
    Jpeg,
    Png,
    WebP,
    Gif,
    Bmp,
    Tiff,
}
