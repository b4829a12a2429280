namespace ModelService.Imaging.Preprocessing;

/// <summary>How a colour profile (ICC) that is embedded in the picture is handled.</summary>
public enum ColorProfile
{
    /// <summary>The profile is ignored: the numbers stay as stored, as with torchvision's loader.</summary>
    Ignore,

    /// <summary>
    /// The colours are converted from the profile to sRGB. A picture without a profile is not changed.
    /// </summary>
    Srgb,
}
