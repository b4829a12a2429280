using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// How a picture is changed at random each time that it is trained on, as torchvision's transforms do it. The steps, in
/// this order: crop and resize, flip, change the colours, blur, turn, normalise, erase.
/// </summary>
public sealed record AugmentationDefinition
{
    /// <summary>The crop; null: the picture is used whole.</summary>
    [Description("A box of the picture at random, resized to the network's input. Left out: the whole picture.")]
    public RandomCropDefinition? RandomResizedCrop { get; init; }

    /// <summary>Share of the pictures that are mirrored, left for right.</summary>
    [Description("Share of the pictures that are mirrored, left for right.")]
    [Range(0.0, 1.0)]
    public double HorizontalFlip { get; init; }

    /// <summary>Share of the pictures that are mirrored, top for bottom.</summary>
    [Description("Share of the pictures that are mirrored, top for bottom.")]
    [Range(0.0, 1.0)]
    public double VerticalFlip { get; init; }

    /// <summary>A picture is turned by -this to this, in degrees; what comes from outside is black.</summary>
    [Description("Each picture is turned by -this to this, in degrees. What comes from outside is black.")]
    [Range(0.0, 180.0)]
    public double Rotation { get; init; }

    /// <summary>Changes of the colours; null: none.</summary>
    [Description("Changes of the colours. Left out: none.")]
    public ColorJitterDefinition? ColorJitter { get; init; }

    /// <summary>A blur; null: none.</summary>
    [Description("A Gaussian blur. Left out: none.")]
    public BlurDefinition? Blur { get; init; }

    /// <summary>
    /// Share of the pictures of which a box is set to 0, after the normalisation: torchvision's <c>RandomErasing</c>
    /// with its defaults, 2 to 33 % of the area.
    /// </summary>
    [Description("Share of the pictures of which a box (2 to 33 % of the area) is set to 0, after the normalisation.")]
    [Range(0.0, 1.0)]
    public double Erase { get; init; }

    /// <summary>No change.</summary>
    public static AugmentationDefinition None { get; } = new();

    /// <summary>
    /// For photos: a crop of 35 to 100 % of the area, mirrored or not, and small changes of the colours. Not for
    /// pictures whose meaning a mirror or a crop changes, such as digits: see <see cref="Characters"/>.
    /// </summary>
    public static AugmentationDefinition Light { get; } =
        new()
        {
            RandomResizedCrop = new RandomCropDefinition { Scale = [0.35, 1] },
            HorizontalFlip = 0.5,
            ColorJitter = new ColorJitterDefinition
            {
                Brightness = 0.2,
                Contrast = 0.2,
                Saturation = 0.2,
            },
        };

    /// <summary>For photos, many epochs: <see cref="Light"/> with larger changes, turned, and erased in part.</summary>
    public static AugmentationDefinition Strong { get; } =
        Light with
        {
            Rotation = 15,
            ColorJitter = new ColorJitterDefinition
            {
                Brightness = 0.4,
                Contrast = 0.4,
                Saturation = 0.4,
                Hue = 0.1,
            },
            Erase = 0.25,
        };

    /// <summary>
    /// For digits, letters, signs and other small pictures whose meaning is in their form: hardly cropped, hardly
    /// turned, never mirrored. Nothing chooses it by itself: whether a mirrored picture means the same is known to
    /// those who have the pictures.
    /// </summary>
    public static AugmentationDefinition Characters { get; } =
        new()
        {
            RandomResizedCrop = new RandomCropDefinition { Scale = [0.8, 1], Ratio = [0.9, 1 / 0.9] },
            Rotation = 10,
        };

    /// <summary>
    /// Whether a picture is cropped at random, so that more of it is of use than what the network sees.
    /// </summary>
    [JsonIgnore]
    public bool NeedsWholePicture => RandomResizedCrop is not null;

    /// <summary>The definition of a preset.</summary>
    /// <param name="preset">The preset.</param>
    public static AugmentationDefinition From(AugmentationPreset preset) =>
        preset switch
        {
            AugmentationPreset.None => None,
            AugmentationPreset.Light => Light,
            AugmentationPreset.Strong => Strong,
            AugmentationPreset.Characters => Characters,
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "Unknown preset."),
        };

    /// <summary>Finds every fault of the definition; none when it can be drawn from.</summary>
    public IEnumerable<PreprocessingFault> Validate() => AugmentationRules.Check(this);
}
