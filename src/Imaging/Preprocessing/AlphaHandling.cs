namespace ModelService.Imaging.Preprocessing;

/// <summary>How transparency is handled.</summary>
public enum AlphaHandling
{
    /// <summary>Transparency is ignored: the colours stay as stored, as with Pillow's <c>convert("RGB")</c>.</summary>
    Drop,

    /// <summary>The picture is blended over white.</summary>
    White,

    /// <summary>The picture is blended over black.</summary>
    Black,
}
