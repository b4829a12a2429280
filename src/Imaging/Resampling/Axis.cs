namespace ModelService.Imaging.Resampling;

/// <summary>What happens along one side of a picture: <see cref="Source"/> pixels are resized to <see cref="Resized"/>, of which those
/// from <see cref="Start"/> on are kept.</summary>
/// <param name="Source">Pixels of the picture.</param>
/// <param name="Resized">Pixels after the resize.</param>
/// <param name="Start">First resized pixel that is kept.</param>
/// <param name="Kept">Resized pixels that are kept.</param>
/// <param name="Padding">Black pixels before the kept ones.</param>
/// <param name="Output">Pixels of the result: padding, kept, padding.</param>
internal readonly record struct Axis(int Source, int Resized, int Start, int Kept, int Padding, int Output)
{
    /// <summary>As torchvision's <c>CenterCrop</c>: too short a side is padded, with the odd pixel behind; of a longer one the middle
    /// is kept, from <c>round((resized - crop) / 2)</c> with halves to even.</summary>
    /// <param name="source">Pixels of the picture.</param>
    /// <param name="resized">Pixels after the resize.</param>
    /// <param name="crop">Pixels of the crop; null keeps all.</param>
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
