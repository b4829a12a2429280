namespace ModelService.Imaging.Preprocessing;

/// <summary>What becomes of a colour profile (ICC) that is embedded in the picture.</summary>
public enum ColorProfile
{
    /// <summary>It is ignored: the numbers as stored, as torchvision's loader gives them.</summary>
    Ignore,

    /// <summary>The colours are converted from it to sRGB. A picture without a profile stays as it is.</summary>
    Srgb,
}
