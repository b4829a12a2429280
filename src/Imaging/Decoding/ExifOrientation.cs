namespace ModelService.Imaging.Decoding;

/// <summary>Turns pictures upright by their EXIF orientation.</summary>
internal static class ExifOrientation
{
    /// <summary>The picture as it should be seen.</summary>
    /// <param name="picture">The picture as it is stored; belongs to the result from now on.</param>
    public static Picture Turn(Picture picture) =>
        picture.Orientation switch
        {
            1 => picture,
            2 => new MirroredPicture(picture),
            _ => new TurnedPicture(picture),
        };

    /// <summary>Exchanges left and right in a row of RGB pixels.</summary>
    /// <param name="row">The row.</param>
    public static void Mirror(Span<byte> row)
    {
        // Reversing the bytes exchanges red and blue too, so exchange them back.
        row.Reverse();
        for (var i = 0; i < row.Length; i += 3)
            (row[i], row[i + 2]) = (row[i + 2], row[i]);
    }
}
