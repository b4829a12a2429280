using System.Globalization;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Decoding;
using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Preprocessing;

/// <summary>Converts encoded pictures to a network's input. Thread-safe; keeps nothing of a picture.</summary>
public sealed partial class Preprocessor
{
    // A photo of a phone has up to 12 million pixels.
    private const long LargePixels = 16_000_000;

    private readonly ImagingOptions options;
    private readonly IImageDecoder[] decoders;

    /// <summary>Creates a preprocessor for all supported formats.</summary>
    /// <param name="options">The size limits, and how pictures are decoded.</param>
    public Preprocessor(IOptions<ImagingOptions> options)
        : this(options, ImageDecoders.Create(options?.Value ?? throw new ArgumentNullException(nameof(options)))) { }

    internal Preprocessor(IOptions<ImagingOptions> options, IEnumerable<IImageDecoder> decoders)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Value;
        this.decoders = [.. decoders];
    }

    /// <summary>
    /// Raised when the memory of a picture of more than 16 million pixels was freed, whether or not it could be
    /// decoded.
    /// </summary>
    public event Action? FreedLargePicture;

    /// <summary>
    /// Decodes a JPEG, PNG, WebP, GIF, BMP, TIFF or AVIF (its first frame or page) and preprocesses it.
    /// </summary>
    /// <param name="encoded">
    /// The file's bytes. A whole array is read in place; a part of an array is copied first.
    /// </param>
    /// <param name="definition">
    /// The preprocessing: without faults (<see cref="PreprocessingDefinition.Validate"/>), and with an
    /// <see cref="PreprocessingDefinition.OutputSize"/> that does not depend on the picture.
    /// </param>
    /// <param name="destination">
    /// Receives <c>[C, H, W]</c>, row-major. Its length must be exactly
    /// <see cref="PreprocessingDefinition.ChannelCount"/> times height times width of the
    /// <see cref="PreprocessingDefinition.OutputSize"/>. Its content is undefined after an exception.
    /// </param>
    /// <exception cref="ImageException">
    /// The bytes are not a picture of a supported format, the picture is damaged, or it is too large.
    /// </exception>
    /// <exception cref="ArgumentException">
    /// The output size depends on the picture, or <paramref name="destination"/> has another length.
    /// </exception>
    public void Run(ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition, Span<float> destination) =>
        Inspect(encoded, definition, destination);

    /// <summary>Does what <see cref="Run"/> does, and tells what the picture is.</summary>
    /// <inheritdoc cref="Run"/>
    public PictureInfo Inspect(
        ReadOnlyMemory<byte> encoded,
        PreprocessingDefinition definition,
        Span<float> destination
    )
    {
        var (height, width) = OutputSize(definition);
        CheckLength(destination, (long)definition.ChannelCount * height * width);
        using var opened = new OpenedPicture(this, encoded, definition);
        var geometry = Geometry.Create(definition, opened.Picture.Width, opened.Picture.Height, options.MaxPixels);
        Resample(opened.Picture, definition, geometry, new NormalizedRows(definition, geometry, destination));
        return Describe(encoded, opened.Picture);
    }

    /// <summary>
    /// Decodes and preprocesses a picture like <see cref="Run"/>, up to the normalisation: <see cref="Normalize"/> then
    /// gives the same numbers, bit for bit.
    /// </summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="definition">The preprocessing, as for <see cref="Run"/>.</param>
    /// <exception cref="ImageException">As from <see cref="Run"/>.</exception>
    /// <exception cref="ArgumentException">The output size depends on the picture.</exception>
    public Bitmap Prepare(ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition)
    {
        _ = OutputSize(definition);
        using var opened = new OpenedPicture(this, encoded, definition);
        return Collect(opened.Picture, definition);
    }

    /// <summary>
    /// Decodes a picture, turns it upright, converts its channels, and shrinks it so that its shorter side has a
    /// length, and its longer side at most another one. A picture that is smaller keeps its size. Nothing is cropped.
    /// </summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="definition">The preprocessing; its resize and crop are not used.</param>
    /// <param name="shorterSide">The greatest length of the shorter side, in pixels.</param>
    /// <param name="longerSide">The greatest length of the longer side, in pixels.</param>
    /// <exception cref="ImageException">As from <see cref="Run"/>.</exception>
    public Bitmap Shrink(
        ReadOnlyMemory<byte> encoded,
        PreprocessingDefinition definition,
        int shorterSide,
        int longerSide = ImagingOptions.MaxSide
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        var shrunk = definition with
        {
            Resize = new ResizeDefinition { ShorterSide = shorterSide },
            CenterCrop = null,
        };
        using var opened = new OpenedPicture(this, encoded, shrunk);
        var (width, height) = (opened.Picture.Width, opened.Picture.Height);
        if (Math.Min(width, height) <= shorterSide)
            shrunk = shrunk with { Resize = null };
        var (across, down) = Geometry.Create(shrunk, width, height, options.MaxPixels);
        var longest = Math.Max(across.Resized, down.Resized);
        if (longest > longerSide)
        {
            shrunk = shrunk with
            {
                Resize = new ResizeDefinition { Height = Fit(down), Width = Fit(across) },
            };
        }

        return Collect(opened.Picture, shrunk);

        int Fit(Axis side) => Math.Max(1, (int)((long)side.Resized * longerSide / longest));
    }

    /// <summary>Normalises the pixels of a picture: <c>(value * scale - mean) / std</c>.</summary>
    /// <param name="pixels">The pixels; the channels of a pixel side by side.</param>
    /// <param name="definition">The preprocessing; its channels, scale, mean and std are used.</param>
    /// <param name="destination">Receives the planes <c>[C, H, W]</c>; as many numbers as there are bytes.</param>
    /// <exception cref="ArgumentException">The lengths don't agree.</exception>
    public static void Normalize(ReadOnlySpan<byte> pixels, PreprocessingDefinition definition, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(definition);
        CheckLength(destination, pixels.Length);
        if (pixels.Length % definition.ChannelCount != 0)
        {
            throw new ArgumentException(
                $"Found {pixels.Length} bytes; a pixel has {definition.ChannelCount}.",
                nameof(pixels)
            );
        }

        Normalization.From(definition).Write(pixels, pixels.Length / definition.ChannelCount, destination, 0);
    }

    /// <summary>Reads the header, checks the limits and prepares for reading the rows of the upright picture.</summary>
    /// <param name="encoded">The file's bytes; they must not change until the picture is disposed.</param>
    /// <param name="definition">The preprocessing.</param>
    /// <returns>The picture; the caller disposes it.</returns>
    /// <exception cref="ImageException">
    /// The bytes are not a picture of a supported format, the header is damaged, or the picture is too large.
    /// </exception>
    internal Picture Open(ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition)
    {
        if (encoded.Length > options.MaxBytes)
        {
            throw new ImageException(
                ImageFault.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The picture has {encoded.Length:N0} bytes; at most {options.MaxBytes:N0} are allowed."
                )
            );
        }

        var format = MagicBytes.Identify(encoded.Span);
        var picture = DecoderOf(format)
            .Open(
                encoded,
                format,
                new DecodeSettings(
                    definition.Alpha,
                    definition.ColorProfile,
                    options.MaxPixels,
                    (width, height) => options.DecodeHalf && HalfScaleDecoding.Suffices(definition, width, height)
                )
            );

        // The orientation of a TIFF is a tag of its own: Pillow always applies it.
        return definition.ExifOrientation || format == ImageFormat.Tiff ? ExifOrientation.Turn(picture) : picture;
    }

    // A picture that was decoded at half its size has its size in the header only.
    private PictureInfo Describe(ReadOnlyMemory<byte> encoded, Picture picture)
    {
        var format = MagicBytes.Identify(encoded.Span);
        var (width, height) = (picture.Width, picture.Height);
        if (picture.FilePixels != (long)width * height)
        {
            var stored = DecoderOf(format).ReadSize(encoded, format);
            var isTurned = width > height != stored.Width > stored.Height;
            (width, height) = isTurned ? (stored.Height, stored.Width) : stored;
        }

        return new PictureInfo(width, height, PictureFile.ContentTypeOf(format));
    }

    private IImageDecoder DecoderOf(ImageFormat format) =>
        Array.Find(decoders, decoder => decoder.Reads(format))
        ?? throw new ImageException(
            ImageFault.Undecodable,
            $"{DecodeError.Name(format)} pictures are not read by this server's decoder "
                + $"(ModelService:Imaging:Decoder={options.Decoder.ToString().ToLowerInvariant()})."
        );

    private static (int Height, int Width) OutputSize(PreprocessingDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return definition.OutputSize
            ?? throw new ArgumentException(
                "The output size depends on the picture. Resize to a height and width, or crop.",
                nameof(definition)
            );
    }

    private static void CheckLength(Span<float> destination, long needed)
    {
        if (destination.Length != needed)
        {
            throw new ArgumentException(
                $"The destination has {destination.Length} floats; it must have {needed}.",
                nameof(destination)
            );
        }
    }

    private Bitmap Collect(Picture picture, PreprocessingDefinition definition)
    {
        var geometry = Geometry.Create(definition, picture.Width, picture.Height, options.MaxPixels);
        var (width, height, channels) = (geometry.Across.Output, geometry.Down.Output, definition.ChannelCount);
        var pixels = new byte[checked(width * height * channels)]; // the margin of a small picture is black
        Resample(picture, definition, geometry, new CollectedRows(geometry, channels, pixels));
        return new Bitmap(width, height, channels, pixels);
    }

    private void Resample<TRows>(Picture picture, PreprocessingDefinition definition, Geometry geometry, TRows target)
        where TRows : IResampledRows, allows ref struct
    {
        var (across, down) = geometry;
        var channels = definition.ChannelCount;
        using var columns = ResampleCoefficients.Create(across, definition.Interpolation);
        using var rows = ResampleCoefficients.Create(down, definition.Interpolation);
        PixelLimit.CheckWindow(rows.MaxCount, across.Kept, options.MaxPixels);
        using var window = new RowWindow(rows, across.Kept * channels);
        var next = 0;

        // Reads all rows, also those that are not needed: only the last one tells whether the file is complete.
        for (var y = 0; y < picture.Height; y++)
        {
            var pixels = picture.ReadRow();
            if (y < rows.SourceBegin || y >= rows.SourceEnd)
                continue;
            if (channels == 1)
                pixels = Luma.Convert(pixels);
            Convolution.Across(pixels, channels, columns, window.Row(y));
            for (; next < rows.Length && rows.End(next) == y + 1; next++)
                target.Write(window.Resize(next), next);
        }
    }

    // A picture that is being read; tells when the memory of a large one is free again.
    private readonly ref struct OpenedPicture : IDisposable
    {
        private readonly Preprocessor owner;

        public OpenedPicture(Preprocessor owner, ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition) =>
            (this.owner, Picture) = (owner, owner.Open(encoded, definition));

        public Picture Picture { get; }

        public void Dispose()
        {
            var isLarge = Picture.FilePixels > LargePixels;
            Picture.Dispose();
            if (isLarge)
                owner.FreedLargePicture?.Invoke();
        }
    }
}
