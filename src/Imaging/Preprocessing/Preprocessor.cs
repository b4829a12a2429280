using System.Globalization;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Decoding;
using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Preprocessing;

/// <summary>Converts encoded pictures to a network's input. Thread-safe; keeps nothing of a picture.</summary>
public sealed class Preprocessor
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
        ArgumentNullException.ThrowIfNull(definition);
        var (height, width) =
            definition.OutputSize
            ?? throw new ArgumentException(
                "The output size depends on the picture. Resize to a height and width, or crop.",
                nameof(definition)
            );
        var length = (long)definition.ChannelCount * height * width;
        if (destination.Length != length)
        {
            throw new ArgumentException(
                $"The destination has {destination.Length} floats; it must have {length}.",
                nameof(destination)
            );
        }

        var isLarge = false;
        try
        {
            using var picture = Open(encoded, definition);
            isLarge = picture.FilePixels > LargePixels;
            Resample(picture, definition, destination);
            return Describe(encoded, picture);
        }
        finally
        {
            if (isLarge)
                FreedLargePicture?.Invoke();
        }
    }

    /// <summary>
    /// Whether a request with a number of pictures may have too many pixels. Most requests have so few pictures that
    /// they don't need <see cref="CheckTogether"/>.
    /// </summary>
    /// <param name="pictures">The number of pictures.</param>
    public bool MayExceed(int pictures) =>
        pictures * HalfScaleDecoding.PixelsForOne * options.MaxPixels > options.MaxRequestPixels;

    /// <summary>Rejects pictures that have too many pixels together. Reads only their headers.</summary>
    /// <param name="pictures">The files' bytes: all pictures of a request.</param>
    /// <exception cref="ImageException"><see cref="ImageFault.TooLarge"/>.</exception>
    public void CheckTogether(IReadOnlyCollection<ReadOnlyMemory<byte>> pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        PixelLimit.CheckTogether(pictures.Count, pictures.Sum(CountPixels), options.MaxRequestPixels);
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

    // A picture that is rejected by itself is not decoded, so it counts for nothing.
    private long CountPixels(ReadOnlyMemory<byte> encoded)
    {
        if (encoded.Length > options.MaxBytes)
            return 0;
        try
        {
            var format = MagicBytes.Identify(encoded.Span);
            var (width, height) = DecoderOf(format).ReadSize(encoded, format);
            var pixels = (long)width * height;
            var most =
                format == ImageFormat.Jpeg ? HalfScaleDecoding.PixelsForOne * options.MaxPixels : options.MaxPixels;
            return pixels <= most ? pixels : 0;
        }
        catch (ImageException)
        {
            return 0;
        }
    }

    private void Resample(Picture picture, PreprocessingDefinition definition, Span<float> destination)
    {
        var (across, down) = Geometry.Create(definition, picture.Width, picture.Height, options.MaxPixels);
        var channels = definition.ChannelCount;
        var normalization = Normalization.From(definition);
        var planeLength = across.Output * down.Output;
        if (across.Kept * down.Kept < planeLength)
        {
            // The crop is larger than the picture: the margin stays black.
            for (var channel = 0; channel < channels; channel++)
                destination.Slice(channel * planeLength, planeLength).Fill(normalization.Black(channel));
        }

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
            {
                normalization.Write(
                    window.Resize(next),
                    across.Kept,
                    destination,
                    ((down.Padding + next) * across.Output) + across.Padding
                );
            }
        }
    }
}
