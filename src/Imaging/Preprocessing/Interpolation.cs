namespace ModelService.Imaging.Preprocessing;

/// <summary>
/// How a resize computes a pixel from the pixels around it. All filters but <see cref="Nearest"/> widen when the
/// picture shrinks (antialiasing). They round to 8 bits after each direction, as Pillow's <c>Image.resize</c> does.
/// </summary>
public enum Interpolation
{
    /// <summary>A triangle filter of radius 1.</summary>
    Bilinear,

    /// <summary>Keys' cubic filter of radius 2, with a = -0.5.</summary>
    Bicubic,

    /// <summary>The source pixel at the centre of the target pixel; no filter.</summary>
    Nearest,

    /// <summary>A windowed sinc filter of radius 3.</summary>
    Lanczos,
}
