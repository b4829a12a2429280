namespace ModelService.Imaging.Augmentation;

/// <summary>One change of all colours of a picture.</summary>
/// <param name="Quality">What is changed.</param>
/// <param name="Factor">The factor; of a hue, the turn to add, in whole turns.</param>
public readonly record struct ColorChange(ColorQuality Quality, double Factor);

/// <summary>A quality of a picture's colours.</summary>
public enum ColorQuality
{
    /// <summary>The distance to black.</summary>
    Brightness,

    /// <summary>The distance to the picture's mean gray.</summary>
    Contrast,

    /// <summary>The distance of each pixel to its gray.</summary>
    Saturation,

    /// <summary>The place in the colour circle.</summary>
    Hue,
}
