namespace ModelService.Imaging.Preprocessing;

/// <summary>What becomes of transparency.</summary>
public enum AlphaHandling
{
    /// <summary>It is ignored: the colours as stored, as Pillow's <c>convert("RGB")</c> gives them.</summary>
    Drop,

    /// <summary>The picture is laid on white.</summary>
    White,

    /// <summary>The picture is laid on black.</summary>
    Black,
}
