namespace ModelService.Imaging;

/// <summary>The libraries that can decode pictures.</summary>
public enum DecoderLibrary
{
    /// <summary>libvips: native code, for all formats but BMP, which ImageSharp reads.</summary>
    Libvips,

    /// <summary>ImageSharp: managed code, for JPEG, PNG, WebP, GIF and BMP.</summary>
    ImageSharp,
}
