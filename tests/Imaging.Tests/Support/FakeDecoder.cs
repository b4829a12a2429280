using Microsoft.Extensions.Options;
using ModelService.Imaging.Decoding;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Tests.Support;

/// <summary>A decoder whose every picture is the same given pixels, whatever the bytes.</summary>
internal sealed class FakeDecoder(int width, int height, byte[] rgb, int orientation = 1) : IImageDecoder
{
    private static readonly byte[] AnyBmp = [(byte)'B', (byte)'M'];

    public bool Reads(ImageFormat format) => true;

    public (int Width, int Height) ReadSize(ReadOnlyMemory<byte> encoded, ImageFormat format) => (width, height);

    public Picture Open(ReadOnlyMemory<byte> encoded, ImageFormat format, DecodeSettings settings) =>
        new FakePicture(width, height, rgb, orientation);

    /// <summary>Preprocesses the pixels.</summary>
    public float[] Run(PreprocessingDefinition definition, int height, int width)
    {
        var floats = new float[definition.ChannelCount * height * width];
        new Preprocessor(Options.Create(new ImagingOptions()), [this]).Run(AnyBmp, definition, floats);
        return floats;
    }

    private sealed class FakePicture(int width, int height, byte[] rgb, int orientation)
        : Picture(width, height, orientation)
    {
        private readonly byte[] rgb = [.. rgb];
        private int next;

        public override Span<byte> ReadRow() => rgb.AsSpan(3 * Width * next++, 3 * Width);

        public override void Dispose() { }
    }
}
