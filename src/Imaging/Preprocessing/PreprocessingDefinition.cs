using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ModelService.Imaging.Preprocessing;

/// <summary>How a picture becomes a network's input <c>[C, H, W]</c>. The steps, in this order: upright, RGB or grayscale, resize,
/// centre crop, scale, normalise (<c>(value * scale - mean) / std</c>). The same as torchvision's loader and transforms do, save that
/// EXIF orientation is heeded.</summary>
public sealed record PreprocessingDefinition
{
    /// <summary>The resize; null leaves the picture's size.</summary>
    [Description("Resize: the shorter side, or height and width. None when left out.")]
    public ResizeDefinition? Resize { get; init; }

    /// <summary>The resize's interpolation; default <see cref="Interpolation.Bilinear"/>.</summary>
    [Description("Interpolation of the resize; antialiased, save nearest.")]
    public Interpolation Interpolation { get; init; } = Interpolation.Bilinear;

    /// <summary>The crop around the middle; null keeps everything.</summary>
    [Description("Crop around the middle, after the resize. None when left out.")]
    public CropDefinition? CenterCrop { get; init; }

    /// <summary>The channels; default <see cref="ColorChannels.Rgb"/>.</summary>
    [Description("Channels of the result: rgb, or grayscale (ITU-R 601-2 luma).")]
    public ColorChannels Channels { get; init; } = ColorChannels.Rgb;

    /// <summary>What each value of 0 to 255 is multiplied by; finite, not 0; default 1/255.</summary>
    [Description("What each value of 0 to 255 is multiplied by. Finite, not 0.")]
    public double Scale { get; init; } = 1 / 255.0;

    /// <summary>Subtracted after scaling, one finite number a channel; null subtracts nothing.</summary>
    [Description("Subtracted after scaling: one number a channel.")]
    [MinLength(1), MaxLength(3)]
    public IReadOnlyList<double>? Mean { get; init; }

    /// <summary>Divided by after subtracting, one finite number above 0 a channel; null divides by nothing.</summary>
    [Description("Divided by after subtracting the mean: one number above 0 a channel.")]
    [MinLength(1), MaxLength(3)]
    public IReadOnlyList<double>? Std { get; init; }

    /// <summary>What becomes of transparency; default <see cref="AlphaHandling.Drop"/>.</summary>
    [Description("Transparency: drop ignores it, white and black lay the picture on that colour.")]
    public AlphaHandling Alpha { get; init; } = AlphaHandling.Drop;

    /// <summary>What becomes of an embedded colour profile; default <see cref="ColorProfile.Ignore"/>.</summary>
    [Description("An embedded colour profile: ignore it, or convert from it to srgb.")]
    public ColorProfile ColorProfile { get; init; } = ColorProfile.Ignore;

    /// <summary>Whether the picture is turned upright by its EXIF orientation; default true.</summary>
    [Description("Whether the picture is turned upright by its EXIF orientation.")]
    public bool ExifOrientation { get; init; } = true;

    /// <summary>What torchvision's ImageNet networks take: shorter side 256, crop 224x224, ImageNet's mean and deviation.</summary>
    public static PreprocessingDefinition ImageNet { get; } =
        new()
        {
            Resize = new ResizeDefinition { ShorterSide = 256 },
            CenterCrop = new CropDefinition { Height = 224, Width = 224 },
            Mean = [0.485, 0.456, 0.406],
            Std = [0.229, 0.224, 0.225],
        };

    /// <summary>Channels of the result: 1 or 3.</summary>
    [JsonIgnore]
    public int ChannelCount => Channels == ColorChannels.Grayscale ? 1 : 3;

    /// <summary>Height and width of the result in pixels; null when they depend on the picture: no crop, and no resize to a fixed size.</summary>
    [JsonIgnore]
    public (int Height, int Width)? OutputSize =>
        this switch
        {
            { CenterCrop: { } crop } => (crop.Height, crop.Width),
            { Resize: { Height: { } height, Width: { } width } } => (height, width),
            _ => null,
        };

    /// <summary>A bilinear resize to the network's input, scaled to 0..1.</summary>
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

    /// <summary>A bilinear resize to the network's input, left at 0..255.</summary>
    /// <inheritdoc cref="Unit"/>
    public static PreprocessingDefinition Raw(int channels, int height, int width) =>
        Unit(channels, height, width) with
        {
            Scale = 1,
        };

    /// <summary>Everything that is wrong; nothing when the definition can be run.</summary>
    public IEnumerable<PreprocessingFault> Validate() => PreprocessingRules.Check(this);

    /// <summary>Whether the other asks for the same, number by number.</summary>
    /// <param name="other">The other.</param>
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
