namespace ModelService.Imaging.Decoding;

/// <summary>A picture that is decoded already.</summary>
/// <param name="width">Pixels in a row.</param>
/// <param name="height">Rows.</param>
/// <param name="pixels">The rows; owned by this from now on.</param>
/// <param name="layout">How they are laid out.</param>
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
