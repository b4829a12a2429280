using NetVips;

namespace ModelService.Imaging.Decoding;

/// <summary>A picture that libvips decodes while its rows are read.</summary>
internal sealed unsafe class VipsPicture : Picture
{
    // Small strips fit the processor's cache, and the allocator needs no system call for them.
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

    /// <summary>Wraps an opened libvips image.</summary>
    /// <param name="width">Width of the image, in pixels.</param>
    /// <param name="height">Height of the image, in pixels.</param>
    /// <param name="region">A region of the image.</param>
    /// <param name="layout">Sample layout of its rows.</param>
    /// <param name="orientation">EXIF orientation of the image.</param>
    /// <param name="format">Format of the file, for messages.</param>
    /// <param name="filePixels">Pixels of the file.</param>
    /// <param name="owned">The objects to dispose with the picture, last first.</param>
    public VipsPicture(
        int width,
        int height,
        Region region,
        SampleLayout layout,
        int orientation,
        ImageFormat format,
        long filePixels,
        Stack<IDisposable> owned
    )
        : base(width, height, orientation)
    {
        FilePixels = filePixels;
        (this.region, this.layout, this.format, this.owned) = (region, layout, format, owned);
        rowBytes = Width * layout.BytesPerPixel;
        stripRows = Math.Clamp(StripBytes / rowBytes, 1, MaxStripRows);
        rgb = layout.IsRgb ? null : new NativeBuffer(Width * 3L);
    }

    /// <inheritdoc/>
    public override long FilePixels { get; }

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

    /// <summary>
    /// Disposes objects in reverse order of their opening, so that the file's bytes are unpinned once nothing reads
    /// them any more.
    /// </summary>
    /// <param name="owned">The objects, in order of their opening; empty afterwards.</param>
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
            throw DecodeError.Create(format, new VipsException("libvips could not decode the rows."));
        if (length != (nuint)((long)stripCount * rowBytes))
            throw new InvalidOperationException($"libvips gave {length} bytes for {stripCount} rows of {rowBytes}.");
    }
}
