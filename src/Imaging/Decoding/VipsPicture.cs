using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>A picture that libvips decodes while its rows are read.</summary>
internal sealed unsafe class VipsPicture : Picture
{
    // Small strips stay in the processor's cache and below the size at which the allocator asks the system each time.
    private const int StripBytes = 64 * 1024;
    private const int MaxStripRows = 16;

    private readonly Region region;
    private readonly SampleLayout layout;
    private readonly ImageFormat format;
    private readonly Stack<IDisposable> owned;
    private readonly int rowBytes;
    private readonly int stripRows;
    private readonly NativeBuffer? rgb;
    private byte* strip;
    private int stripTop;
    private int stripCount;
    private int next;

    /// <summary>Wraps an opened image.</summary>
    /// <param name="width">Its width, in pixels.</param>
    /// <param name="height">Its height, in pixels.</param>
    /// <param name="region">A region on it.</param>
    /// <param name="layout">Its rows.</param>
    /// <param name="orientation">Its EXIF orientation.</param>
    /// <param name="format">Its format, for messages.</param>
    /// <param name="owned">What to dispose with the picture, the last one first.</param>
    public VipsPicture(
        int width,
        int height,
        Region region,
        SampleLayout layout,
        int orientation,
        ImageFormat format,
        Stack<IDisposable> owned
    )
        : base(width, height, orientation)
    {
        (this.region, this.layout, this.format, this.owned) = (region, layout, format, owned);
        rowBytes = Width * layout.BytesPerPixel;
        stripRows = Math.Clamp(StripBytes / rowBytes, 1, MaxStripRows);
        rgb = layout.IsRgb ? null : new NativeBuffer(Width * 3L);
    }

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        var y = next++;
        if (y >= stripTop + stripCount)
            Fetch(y);
        var row = new Span<byte>(strip + ((long)(y - stripTop) * rowBytes), rowBytes);
        if (rgb is null)
            return row;
        var target = rgb.Slice(0, Width * 3);
        layout.Convert(row, target);
        return target;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        VipsLibrary.Free(strip);
        strip = null;
        rgb?.Dispose();
        Release(owned);
    }

    /// <summary>Disposes in the order opposite to that of opening: the bytes are unpinned when nothing reads them any more.</summary>
    public static void Release(Stack<IDisposable> owned)
    {
        while (owned.TryPop(out var item))
            item.Dispose();
    }

    private void Fetch(int top)
    {
        VipsLibrary.Free(strip);
        (stripTop, stripCount) = (top, Math.Min(stripRows, Height - top));
        strip = VipsLibrary.Fetch(region, top, Width, stripCount, out var length);
        if (strip is null)
            throw DecodeError.Create(format, new VipsException("unable to fetch rows"));
        if (length != (nuint)((long)stripCount * rowBytes))
            throw new InvalidOperationException($"libvips gave {length} bytes for {stripCount} rows of {rowBytes}.");
    }
}
