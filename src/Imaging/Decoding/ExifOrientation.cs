namespace ModelService.Imaging.Decoding;

/// <summary>Turns pictures upright, as their EXIF orientation says.</summary>
internal static class ExifOrientation
{
    /// <summary>Wraps a picture so that its rows come upright.</summary>
    /// <param name="picture">The picture as stored. The result takes ownership and disposes it.</param>
    public static Picture Turn(Picture picture) =>
        picture.Orientation switch
        {
            1 => picture,
            2 => new MirroredPicture(picture),
            _ => new TurnedPicture(picture),
        };

    /// <summary>Exchanges left and right in a row of RGB pixels.</summary>
    /// <param name="row">The row, changed in place.</param>
    public static void Mirror(Span<byte> row)
    {
        // Reversing the bytes exchanges red and blue as well; the loop exchanges them back.
        row.Reverse();
        for (var i = 0; i < row.Length; i += 3)
            (row[i], row[i + 2]) = (row[i + 2], row[i]);
    }
}
