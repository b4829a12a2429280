namespace ModelService.Imaging.Resampling;

/// <summary>Puts rows into a picture in memory.</summary>
/// <param name="geometry">The sizes of the picture.</param>
/// <param name="channels">Bytes of a pixel.</param>
/// <param name="target">Receives the bytes; black where the crop is larger than the picture.</param>
internal readonly ref struct CollectedRows(Geometry geometry, int channels, Span<byte> target) : IResampledRows
{
    private readonly Span<byte> target = target;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> pixels, int index)
    {
        var start = ((geometry.Down.Padding + index) * geometry.Across.Output) + geometry.Across.Padding;
        pixels[..(geometry.Across.Kept * channels)].CopyTo(target[(start * channels)..]);
    }
}
