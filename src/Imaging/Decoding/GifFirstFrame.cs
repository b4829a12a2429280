using System.Buffers.Binary;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Decoding;

/// <summary>
/// The first frame of a GIF and its place on the canvas, read without decoding it. The rules are those of Pillow, which
/// ignores the other frames: they may be damaged, or very many.
/// </summary>
internal sealed class GifFirstFrame
{
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;
    private const byte ImageDescriptor = 0x2C;
    private const byte Trailer = 0x3B;
    private const byte Interlaced = 0x40;
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    private readonly byte[] palette = new byte[3 * 256];
    private readonly int descriptor;
    private readonly int data;
    private readonly int? transparent;

    private GifFirstFrame(ReadOnlySpan<byte> gif)
    {
        if (gif.Length < HeaderLength)
            throw DecodeError.Create(ImageFormat.Gif);
        var position = HeaderLength + PaletteLength(gif[10]);
        while (At(gif, position) is var block and not ImageDescriptor)
        {
            if (block != Extension)
                throw DecodeError.Create(ImageFormat.Gif);
            if (At(gif, position + 1) == GraphicControl && (At(gif, position + 3) & 1) != 0)
                transparent = At(gif, position + 6);
            position = SkipBlocks(gif, position + 2);
        }

        descriptor = position;
        data = position + DescriptorLength;
        var flags = At(gif, data - 1);
        (Left, Top) = (Short(gif, position + 1), Short(gif, position + 3));
        (FrameWidth, FrameHeight) = (Short(gif, position + 5), Short(gif, position + 7));
        (Width, Height) = (Math.Max(Short(gif, 6), Left + FrameWidth), Math.Max(Short(gif, 8), Top + FrameHeight));

        // Colours that the file does not define are gray.
        for (var i = 0; i < palette.Length; i++)
            palette[i] = (byte)(i / 3);
        var local = PaletteLength(flags);
        var length = local > 0 ? local : PaletteLength(gif[10]);
        var colors = local > 0 ? gif[data..] : gif[HeaderLength..];
        if (colors.Length < length)
            throw DecodeError.Create(ImageFormat.Gif);
        colors[..length].CopyTo(palette);
        data += local;
    }

    /// <summary>Width of the canvas, in pixels. A frame that reaches beyond the canvas widens it.</summary>
    public int Width { get; }

    /// <summary>Height of the canvas, in pixels. A frame that reaches beyond the canvas heightens it.</summary>
    public int Height { get; }

    /// <summary>Column of the canvas at which the frame begins.</summary>
    public int Left { get; }

    /// <summary>Row of the canvas at which the frame begins.</summary>
    public int Top { get; }

    /// <summary>Width of the frame, in pixels.</summary>
    public int FrameWidth { get; }

    /// <summary>Height of the frame, in pixels.</summary>
    public int FrameHeight { get; }

    /// <summary>Opens the first frame of a GIF on its canvas.</summary>
    /// <param name="gif">The whole file; starts with a GIF's magic bytes.</param>
    /// <param name="settings">How to decode, and the size limit.</param>
    /// <param name="open">Opens a GIF that has one frame, as large as its canvas.</param>
    /// <exception cref="ImageException">The file is damaged or cut short, or the picture is too large.</exception>
    public static Picture Open(ReadOnlySpan<byte> gif, DecodeSettings settings, Func<byte[], Picture> open)
    {
        var frame = Read(gif);
        PixelLimit.Check("The picture", frame.Width, frame.Height, settings.MaxPixels);
        var picture = open(frame.Extract(gif, opaque: settings.Alpha == AlphaHandling.Drop));
        if ((picture.Width, picture.Height) != (frame.FrameWidth, frame.FrameHeight))
        {
            // Decoders give frames without width or height a size of their own.
            picture.Dispose();
            throw DecodeError.Create(ImageFormat.Gif);
        }

        return (frame.Width, frame.Height) == (frame.FrameWidth, frame.FrameHeight)
            ? picture
            : new CanvasPicture(
                picture,
                frame.Width,
                frame.Height,
                frame.Left,
                frame.Top,
                frame.CanvasColor(settings.Alpha)
            );
    }

    /// <summary>Reads the canvas and the frame's header.</summary>
    /// <param name="gif">The whole file; starts with a GIF's magic bytes.</param>
    /// <exception cref="ImageException">The file is damaged or cut short.</exception>
    public static GifFirstFrame Read(ReadOnlySpan<byte> gif) => new(gif);

    /// <summary>Writes a GIF that has this frame alone, on a canvas of its size.</summary>
    /// <param name="gif">The file from which the frame was read.</param>
    /// <param name="opaque">
    /// Whether to leave out the transparency, so that transparent pixels decode to their palette's colour, as with
    /// Pillow's <c>convert("RGB")</c>.
    /// </param>
    /// <exception cref="ImageException">The frame is cut short.</exception>
    public byte[] Extract(ReadOnlySpan<byte> gif, bool opaque)
    {
        var end = SkipBlocks(gif, data + 1);
        byte[] size = [.. gif.Slice(descriptor + 5, 4)];
        byte[] control =
            transparent is { } index && !opaque ? [Extension, GraphicControl, 4, 1, 0, 0, (byte)index, 0] : [];
        return
        [
            .. "GIF89a"u8,
            .. size,
            0xF7, // a palette of 256 colours follows
            0,
            0,
            .. palette,
            .. control,
            ImageDescriptor,
            0,
            0,
            0,
            0,
            .. size,
            (byte)(gif[descriptor + DescriptorLength - 1] & Interlaced),
            .. gif[data..end],
            Trailer,
        ];
    }

    /// <summary>
    /// The colour of the canvas beside the frame: the transparent colour or, without one, the palette's first.
    /// </summary>
    /// <param name="alpha">How transparency is handled.</param>
    /// <returns>Red, green and blue.</returns>
    public byte[] CanvasColor(AlphaHandling alpha)
    {
        if (transparent is not null && alpha != AlphaHandling.Drop)
            return alpha == AlphaHandling.White ? [255, 255, 255] : [0, 0, 0];
        return palette[(3 * (transparent ?? 0))..][..3];
    }

    // GIF data is a series of blocks. A byte with the length precedes each block; a block of length 0 ends the series.
    private static int SkipBlocks(ReadOnlySpan<byte> gif, int position)
    {
        while (At(gif, position) is var length and not 0)
            position += length + 1;
        return position + 1;
    }

    private static int PaletteLength(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;

    private static int Short(ReadOnlySpan<byte> gif, int position) =>
        BinaryPrimitives.ReadUInt16LittleEndian(gif[position..]);

    private static byte At(ReadOnlySpan<byte> gif, int position) =>
        position < gif.Length ? gif[position] : throw DecodeError.Create(ImageFormat.Gif);
}
