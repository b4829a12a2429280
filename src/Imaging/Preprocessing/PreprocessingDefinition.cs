using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ModelService.Imaging.Preprocessing;

/// <summary>
/// How a picture is converted to a network's input <c>[C, H, W]</c>. The steps, in this order: turn upright, convert to
/// RGB or grayscale, resize, crop the centre, scale, normalise (<c>(value * scale - mean) / std</c>). The result is
/// that of torchvision's loader and transforms, except that torchvision ignores the EXIF orientation.
/// </summary>
public sealed record PreprocessingDefinition
{
    /// <summary>The resize; null keeps the picture's size.</summary>
    [Description("Size to resize to: the shorter side, or height and width. Left out: no resize.")]
    public ResizeDefinition? Resize { get; init; }

    /// <summary>Interpolation of the resize; default <see cref="Interpolation.Bilinear"/>.</summary>
    [Description("Interpolation of the resize; antialiased, except for nearest.")]
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>The centre crop, after the resize; null keeps the whole picture.</summary>
    [Description("Centre crop, after the resize. Left out: no crop.")]
    public CropDefinition? CenterCrop { get; init; }

    /// <summary>Channels of the result; default <see cref="ColorChannels.Rgb"/>.</summary>
    [Description("Channels of the result: rgb, or grayscale (ITU-R 601-2 luma).")]
    public ColorChannels Channels { get; init; } = ColorChannels.Rgb;

    /// <summary>Factor of each value of 0 to 255; finite, not 0; default 1/255.</summary>
    [Description("Factor of each value of 0 to 255. Finite, not 0.")]
    public double Scale { get; init; } = 1 / 255.0;

    /// <summary>Mean to subtract after scaling: one finite number per channel; null subtracts nothing.</summary>
    [Description("Mean to subtract after scaling: one number per channel.")]
    [MinLength(1)]
    [MaxLength(3)]
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>
    /// Standard deviation to divide by after subtracting the mean: one finite number above 0 per channel; null does not
    /// divide.
    /// </summary>
    [Description("Standard deviation to divide by after subtracting the mean: one number above 0 per channel.")]
    [MinLength(1)]
    [MaxLength(3)]
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>How transparency is handled; default <see cref="AlphaHandling.Drop"/>.</summary>
    [Description("Transparency: drop ignores it, white and black blend the picture over that colour.")]
    public AlphaHandling Alpha { get; init; } = AlphaHandling.Drop;

    /// <summary>How an embedded colour profile is handled; default <see cref="ColorProfile.Ignore"/>.</summary>
    [Description("Embedded colour profile: ignore it, or convert the colours to srgb.")]
    public ColorProfile ColorProfile { get; init; } = ColorProfile.Ignore;

    /// <summary>
    /// Whether the picture is turned upright as its EXIF orientation says; default true. The orientation of a TIFF is a
    /// tag of the format itself, and always applied.
    /// </summary>
    [Description("Whether the picture is turned upright as its EXIF orientation says. A TIFF always is.")]
    public bool ExifOrientation { get; init; } = true;

    /// <summary>
    /// The preprocessing of torchvision's ImageNet networks: shorter side 256, crop 224x224, mean and standard
    /// deviation of ImageNet.
    /// </summary>
    public static PreprocessingDefinition ImageNet { get; } =
        new()
        {
            Resize = new ResizeDefinition { ShorterSide = 256 },
            CenterCrop = new CropDefinition { Height = 224, Width = 224 },
            Mean = [0.485, 0.456, 0.406],
            Std = [0.229, 0.224, 0.225],
        };

    /// <summary>
    /// The size of <see cref="ImageNet"/>, with values of 0 to 255 of which the mean colour of ImageNet is subtracted.
    /// </summary>
    public static PreprocessingDefinition ImageNetMean { get; } =
        ImageNet with
        {
            Scale = 1,
            Mean = [123.15, 115.90, 103.06],
            Std = null,
        };

    /// <summary>Channels of the result: 1 or 3.</summary>
    [JsonIgnore]
    public int ChannelCount => Channels == ColorChannels.Grayscale ? 1 : 3;

    /// <summary>
    /// Height and width of the result, in pixels. Null when they depend on the picture: without a crop, and without a
    /// resize to a height and width.
    /// </summary>
    [JsonIgnore]
    public (int Height, int Width)? OutputSize =>
        this switch
        {
            { CenterCrop: { } crop } => (crop.Height, crop.Width),
            { Resize: { Height: { } height, Width: { } width } } => (height, width),
            _ => null,
        };

    /// <summary>A bilinear resize to the size of the network's input, with values of 0 to 1.</summary>
    /// <param name="channels">1 (grayscale) or 3 (RGB).</param>
    /// <param name="height">Height of the input, in pixels.</param>
    /// <param name="width">Width of the input, in pixels.</param>
    public static PreprocessingDefinition Unit(int channels, int height, int width) =>
        new()
        {
            Resize = new ResizeDefinition { Height = height, Width = width },
            Channels = channels switch
            {
                1 => ColorChannels.Grayscale,
                3 => ColorChannels.Rgb,
                _ => throw new ArgumentOutOfRangeException(
                    nameof(channels),
                    channels,
                    "A picture has 1 channel (grayscale) or 3 (RGB)."
                ),
            },
        };

    /// <summary>A bilinear resize to the size of the network's input, with values of 0 to 255.</summary>
    /// <inheritdoc cref="Unit"/>
    public static PreprocessingDefinition Raw(int channels, int height, int width) =>
        Unit(channels, height, width) with
        {
            Scale = 1,
        };

    /// <summary>Finds every fault of the definition; none when the definition can be run.</summary>
    public IEnumerable<PreprocessingFault> Validate() => PreprocessingRules.Check(this);

    /// <summary>
    /// Whether another definition has equal members; means and deviations are compared number by number.
    /// </summary>
    /// <param name="other">The other definition.</param>
    public bool Equals(PreprocessingDefinition? other) =>
        other is not null
        && (Resize, Interpolation, CenterCrop, Channels, Scale)
            == (other.Resize, other.Interpolation, other.CenterCrop, other.Channels, other.Scale)
        && (Alpha, ColorProfile, ExifOrientation) == (other.Alpha, other.ColorProfile, other.ExifOrientation)
        && (Mean ?? []).SequenceEqual(other.Mean ?? [])
        && (Std ?? []).SequenceEqual(other.Std ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Resize, Interpolation, CenterCrop, Channels, Scale, Alpha, ColorProfile, ExifOrientation);
}
