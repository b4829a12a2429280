namespace ModelService.Imaging.Preprocessing;

/// <summary>The channels that a picture is converted to.</summary>
public enum ColorChannels
{
    /// <summary>Red, green, blue, in this order.</summary>
    Rgb,

    /// <summary>
    /// One channel: the ITU-R 601-2 luma of red, green and blue, as Pillow's <c>convert("L")</c> computes it.
    /// </summary>
    Grayscale,
}
