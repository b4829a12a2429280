using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>How transparency is handled.</summary>
[JsonConverter(typeof(WireEnumConverter<AlphaHandling>))]
public enum AlphaHandling
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>drop</c>.</summary>
    Drop,

    /// <summary>The value <c>white</c>.</summary>
    White,

    /// <summary>The value <c>black</c>.</summary>
    Black,
}

/// <summary>The channels that a picture is converted to.</summary>
[JsonConverter(typeof(WireEnumConverter<ColorChannels>))]
public enum ColorChannels
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>rgb</c>.</summary>
    Rgb,

    /// <summary>The value <c>grayscale</c>.</summary>
    Grayscale,
}

/// <summary>How a colour profile (ICC) that is embedded in the picture is handled.</summary>
[JsonConverter(typeof(WireEnumConverter<ColorProfile>))]
public enum ColorProfile
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>ignore</c>.</summary>
    Ignore,

    /// <summary>The value <c>srgb</c>.</summary>
    Srgb,
}

/// <summary>The size of a centre crop.</summary>
public sealed record CropDefinition
{
    /// <summary>Height of the crop, in pixels; 1 to 65,535. A picture with fewer rows is padded with black.</summary>
    public required int Height { get; init; }

    /// <summary>
    /// Width of the crop, in pixels; 1 to 65,535. A picture with fewer columns is padded with black.
    /// </summary>
    public required int Width { get; init; }
}

/// <summary>
/// How a resize computes a pixel from the pixels around it. All filters but <c>nearest</c> widen when the picture
/// shrinks (antialiasing). They round to 8 bits after each direction, as Pillow's <c>Image.resize</c> does.
/// </summary>
[JsonConverter(typeof(WireEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>bilinear</c>.</summary>
    Bilinear,

    /// <summary>The value <c>bicubic</c>.</summary>
    Bicubic,

    /// <summary>The value <c>nearest</c>.</summary>
    Nearest,

    /// <summary>The value <c>lanczos</c>.</summary>
    Lanczos,
}

/// <summary>
/// How a picture is converted to a network's input <c>[C, H, W]</c>. The steps, in this order: turn upright, convert
/// to RGB or grayscale, resize, crop the centre, scale, normalise (<c>(value * scale - mean) / std</c>). The result
/// is that of torchvision's loader and transforms, except that torchvision ignores the EXIF orientation.
/// </summary>
public sealed record PreprocessingDefinition
{
    /// <summary>
    /// The size of a picture after the resize: either <c>shorter_side</c>, or <c>height</c> and <c>width</c>.
    /// </summary>
    public ResizeDefinition? Resize { get; init; }

    /// <summary>
    /// How a resize computes a pixel from the pixels around it. All filters but <c>nearest</c> widen when the picture
    /// shrinks (antialiasing). They round to 8 bits after each direction, as Pillow's <c>Image.resize</c> does.
    /// </summary>
    public Interpolation? Interpolation { get; init; }

    /// <summary>The size of a centre crop.</summary>
    public CropDefinition? CenterCrop { get; init; }

    /// <summary>The channels that a picture is converted to.</summary>
    public ColorChannels? Channels { get; init; }

    /// <summary>Factor of each value of 0 to 255; finite, not 0; default 1/255.</summary>
    public double? Scale { get; init; }

    /// <summary>Mean to subtract after scaling: one finite number per channel; null subtracts nothing.</summary>
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>
    /// Standard deviation to divide by after subtracting the mean: one finite number above 0 per channel; null does
    /// not divide.
    /// </summary>
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>How transparency is handled.</summary>
    public AlphaHandling? Alpha { get; init; }

    /// <summary>How a colour profile (ICC) that is embedded in the picture is handled.</summary>
    public ColorProfile? ColorProfile { get; init; }

    /// <summary>
    /// Whether the picture is turned upright as its EXIF orientation says; default true. The orientation of a TIFF is
    /// a tag of the format itself, and always applied.
    /// </summary>
    public bool? ExifOrientation { get; init; }
}

/// <summary>Named preprocessings, which turn a photo into the model's input.</summary>
[JsonConverter(typeof(WireEnumConverter<PreprocessingPreset>))]
public enum PreprocessingPreset
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>imagenet</c>.</summary>
    Imagenet,

    /// <summary>The value <c>unit</c>.</summary>
    Unit,

    /// <summary>The value <c>raw</c>.</summary>
    Raw,

    /// <summary>The value <c>imagenet_mean</c>.</summary>
    ImagenetMean,
}

/// <summary>
/// The size of a picture after the resize: either <c>shorter_side</c>, or <c>height</c> and <c>width</c>.
/// </summary>
public sealed record ResizeDefinition
{
    /// <summary>
    /// Length of the shorter side, in pixels; 1 to 65,535. The longer side keeps the proportions, rounded down. Not
    /// together with <c>height</c> and <c>width</c>.
    /// </summary>
    public int? ShorterSide { get; init; }

    /// <summary>Height, in pixels; 1 to 65,535. Needs <c>width</c>; proportions are not kept.</summary>
    public int? Height { get; init; }

    /// <summary>Width, in pixels; 1 to 65,535. Needs <c>height</c>; proportions are not kept.</summary>
    public int? Width { get; init; }
}
