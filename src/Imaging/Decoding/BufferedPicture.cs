namespace ModelService.Imaging.Decoding;

/// <summary>A picture whose rows are all decoded already.</summary>
/// <param name="width">Width, in pixels.</param>
/// <param name="height">Height, in pixels.</param>
/// <param name="pixels">The decoded rows, top to bottom. The picture takes ownership and disposes them.</param>
/// <param name="layout">Sample layout of the rows.</param>
internal sealed class BufferedPicture(int width, int height, NativeBuffer pixels, SampleLayout layout)
    : Picture(width, height, 1)
{
    private readonly NativeBuffer rgb = new(width * 3L);
    private int next;

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        var target = rgb.Slice(0, Width * 3);
        var rowBytes = Width * layout.BytesPerPixel;
        layout.Convert(pixels.Slice((long)next++ * rowBytes, rowBytes), target);
        return target;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        rgb.Dispose();
        pixels.Dispose();
    }
}
