using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>Normalises rows and writes them into the planes of <c>[C, H, W]</c>.</summary>
internal readonly ref struct NormalizedRows : IResampledRows
{
    private readonly Geometry geometry;
    private readonly Normalization normalization;
    private readonly Span<float> planes;

    /// <summary>Prepares the planes.</summary>
    /// <param name="definition">The preprocessing.</param>
    /// <param name="geometry">The sizes of the picture.</param>
    /// <param name="planes">Receives the numbers.</param>
    public NormalizedRows(PreprocessingDefinition definition, Geometry geometry, Span<float> planes)
    {
        this.geometry = geometry;
        this.planes = planes;
        normalization = Normalization.From(definition);
        var planeLength = geometry.Across.Output * geometry.Down.Output;
        if (geometry.Across.Kept * geometry.Down.Kept == planeLength)
            return;

        // The crop is larger than the picture: the margin stays black.
        for (var channel = 0; channel < definition.ChannelCount; channel++)
            planes.Slice(channel * planeLength, planeLength).Fill(normalization.Black(channel));
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> pixels, int index) =>
        normalization.Write(
            pixels,
            geometry.Across.Kept,
            planes,
            ((geometry.Down.Padding + index) * geometry.Across.Output) + geometry.Across.Padding
        );
}
