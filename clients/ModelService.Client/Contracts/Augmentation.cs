namespace ModelService.Client;

/// <summary>
/// How a picture is changed at random each time that it is trained on, as torchvision's transforms do it. The steps,
/// in this order: crop and resize, flip, change the colours, blur, turn, normalise, erase.
/// </summary>
public sealed record AugmentationDefinition
{
    /// <summary>
    /// A box of the picture at random, resized to the network's input: torchvision's <c>RandomResizedCrop</c>.
    /// </summary>
    public RandomCropDefinition? RandomResizedCrop { get; init; }

    /// <summary>Share of the pictures that are mirrored, left for right.</summary>
    public double? HorizontalFlip { get; init; }

    /// <summary>Share of the pictures that are mirrored, top for bottom.</summary>
    public double? VerticalFlip { get; init; }

    /// <summary>A picture is turned by -this to this, in degrees; what comes from outside is black.</summary>
    public double? Rotation { get; init; }

    /// <summary>
    /// Changes of the colours by factors at random, in an order at random: torchvision's <c>ColorJitter</c>. A gray
    /// picture has no saturation and no hue to change.
    /// </summary>
    public ColorJitterDefinition? ColorJitter { get; init; }

    /// <summary>A blur of a strength at random: torchvision's <c>GaussianBlur</c>.</summary>
    public BlurDefinition? Blur { get; init; }

    /// <summary>
    /// Share of the pictures of which a box is set to 0, after the normalisation: torchvision's <c>RandomErasing</c>
    /// with its defaults, 2 to 33 % of the area.
    /// </summary>
    public double? Erase { get; init; }
}

/// <summary>A blur of a strength at random: torchvision's <c>GaussianBlur</c>.</summary>
public sealed record BlurDefinition
{
    /// <summary>Side of the filter, in pixels; odd.</summary>
    public int? KernelSize { get; init; }

    /// <summary>Least and greatest standard deviation, in pixels.</summary>
    public IReadOnlyList<double>? Sigma { get; init; }

    /// <summary>Share of the pictures that are blurred.</summary>
    public double? P { get; init; }
}

/// <summary>
/// Changes of the colours by factors at random, in an order at random: torchvision's <c>ColorJitter</c>. A gray
/// picture has no saturation and no hue to change.
/// </summary>
public sealed record ColorJitterDefinition
{
    /// <summary>The factor of the brightness is drawn from 1 - this to 1 + this, and not below 0.</summary>
    public double? Brightness { get; init; }

    /// <summary>The factor of the contrast is drawn from 1 - this to 1 + this, and not below 0.</summary>
    public double? Contrast { get; init; }

    /// <summary>The factor of the saturation is drawn from 1 - this to 1 + this, and not below 0.</summary>
    public double? Saturation { get; init; }

    /// <summary>The hue is turned by -this to this, of a whole turn.</summary>
    public double? Hue { get; init; }
}

/// <summary>
/// A box of the picture at random, resized to the network's input: torchvision's <c>RandomResizedCrop</c>.
/// </summary>
public sealed record RandomCropDefinition
{
    /// <summary>Least and greatest share of the picture's area.</summary>
    public IReadOnlyList<double>? Scale { get; init; }

    /// <summary>Least and greatest width divided by height.</summary>
    public IReadOnlyList<double>? Ratio { get; init; }
}
