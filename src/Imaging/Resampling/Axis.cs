namespace ModelService.Imaging.Resampling;

/// <summary>
/// The resize and the centre crop along one side of a picture: <see cref="Source"/> pixels are resized to
/// <see cref="Resized"/>, of which <see cref="Kept"/> are kept, from <see cref="Start"/> on.
/// </summary>
/// <param name="Source">Pixels of the picture.</param>
/// <param name="Resized">Pixels after the resize.</param>
/// <param name="Start">Index of the first resized pixel that is kept.</param>
/// <param name="Kept">Resized pixels that are kept.</param>
/// <param name="Padding">Black pixels before the kept ones.</param>
/// <param name="Output">Pixels of the result: padding, kept pixels, padding.</param>
internal readonly record struct Axis(int Source, int Resized, int Start, int Kept, int Padding, int Output)
{
    /// <summary>
    /// Computes the crop as torchvision's <c>CenterCrop</c> does. A side shorter than the crop is padded; an odd number
    /// of padding pixels puts the extra one behind. Of a longer side the middle is kept, starting at
    /// <c>round((resized - crop) / 2)</c>, rounding halves to even.
    /// </summary>
    /// <param name="source">Pixels of the picture.</param>
    /// <param name="resized">Pixels after the resize.</param>
    /// <param name="crop">Pixels of the crop; null keeps all pixels.</param>
    public static Axis Create(int source, int resized, int? crop) =>
        crop switch
        {
            null => new Axis(source, resized, 0, resized, 0, resized),
            { } size when size > resized => new Axis(source, resized, 0, resized, (size - resized) / 2, size),
            { } size => new Axis(
                source,
                resized,
                (int)Math.Round((resized - size) / 2.0, MidpointRounding.ToEven),
                size,
                0,
                size
            ),
        };
}
