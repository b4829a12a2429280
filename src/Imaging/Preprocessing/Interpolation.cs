namespace ModelService.Imaging.Preprocessing;

/// <summary>How a resize computes a pixel from its surroundings. All but <see cref="Nearest"/> widen their reach when the picture
/// shrinks (antialiasing), and are computed as Pillow's <c>Image.resize</c> does, in 8-bit steps.</summary>
public enum Interpolation
{
    /// <summary>A triangle of radius 1.</summary>
    Bilinear,

    /// <summary>Keys' cubic of radius 2 with a = -0.5.</summary>
    Bicubic,

    /// <summary>The source pixel under the target pixel's centre.</summary>
    Nearest,

    /// <summary>A windowed sinc of radius 3.</summary>
    Lanczos,
}
