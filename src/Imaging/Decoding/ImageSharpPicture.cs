using System.Runtime.InteropServices;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Advanced;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Imaging.Decoding;

/// <summary>A picture that ImageSharp has decoded whole.</summary>
/// <param name="image">The decoded image; owned and disposed with the picture.</param>
/// <param name="orientation">EXIF orientation of the image.</param>
/// <param name="alpha">How transparency is handled.</param>
internal sealed class ImageSharpPicture(Image<Rgba32> image, int orientation, Preprocessing.AlphaHandling alpha)
    : Picture(image.Width, image.Height, orientation)
{
    private readonly SampleLayout layout = new(3, HasAlpha: true, BytesPerSample: 1, alpha);
    private readonly byte[] rgb = new byte[3 * image.Width];
    private int next;

    /// <inheritdoc/>
    public override Span<byte> ReadRow()
    {
        layout.Convert(MemoryMarshal.AsBytes(image.Frames.RootFrame.DangerousGetPixelRowMemory(next++).Span), rgb);
        return rgb;
    }

    /// <inheritdoc/>
    public override void Dispose() => image.Dispose();
}
