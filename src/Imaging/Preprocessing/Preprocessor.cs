using System.Globalization;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Decoding;
using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Preprocessing;

/// <summary>Turns an encoded picture into a network's input. Holds nothing of any picture; any number of threads may use one at once.</summary>
public sealed class Preprocessor
{
    private readonly ImagingOptions options;
    private readonly IImageDecoder[] decoders;

    /// <summary>A preprocessor for every supported format.</summary>
    /// <param name="options">The limits.</param>
    public Preprocessor(IOptions<ImagingOptions> options)
        : this(options, [new VipsDecoder(), new SkiaDecoder()]) { }

    internal Preprocessor(IOptions<ImagingOptions> options, IEnumerable<IImageDecoder> decoders)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options.Value;
        this.decoders = [.. decoders];
    }

    /// <summary>Decodes a JPEG, PNG, WebP, GIF, BMP or TIFF (the first frame or page) and preprocesses it.</summary>
    /// <param name="encoded">The file's bytes. A whole array is read in place, a part of one is copied first.</param>
    /// <param name="definition">What to do; one without faults (<see cref="PreprocessingDefinition.Validate"/>) and with a fixed
    /// <see cref="PreprocessingDefinition.OutputSize"/>.</param>
    /// <param name="destination">Receives <c>[C, H, W]</c>, row-major: <see cref="PreprocessingDefinition.ChannelCount"/> times
    /// <see cref="PreprocessingDefinition.OutputSize"/> floats, no more and no less. What is in it after an exception is undefined.</param>
    /// <exception cref="ImageException">The bytes are no picture that is taken, or one that is too large.</exception>
    /// <exception cref="ArgumentException">The definition's size depends on the picture, or the destination has another length.</exception>
    public void Run(ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var (height, width) =
            definition.OutputSize
            ?? throw new ArgumentException(
                "The size depends on the picture: resize to a height and width, or crop.",
                nameof(definition)
            );
        var length = (long)definition.ChannelCount * height * width;
        if (destination.Length != length)
        {
            throw new ArgumentException(
                $"Found room for {destination.Length} floats; {length} fit.",
                nameof(destination)
            );
        }

        using var picture = Open(encoded, definition);
        Resample(picture, definition, destination);
    }

    /// <summary>Reads the header, checks it against the limits and makes ready to read the upright picture's rows.</summary>
    internal Picture Open(ReadOnlyMemory<byte> encoded, PreprocessingDefinition definition)
    {
        if (encoded.Length > options.MaxBytes)
        {
            throw new ImageException(
                ImageFault.TooLarge,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The picture has {encoded.Length:N0} bytes; at most {options.MaxBytes:N0} are taken."
                )
            );
        }

        var format = MagicBytes.Identify(encoded.Span);
        var decoder =
            Array.Find(decoders, decoder => decoder.Reads(format))
            ?? throw new InvalidOperationException($"No decoder for {format}.");
        var picture = decoder.Open(
            encoded,
            format,
            new DecodeSettings(
                definition.Alpha,
                definition.ColorProfile,
                options.MaxPixels,
                (width, height) => options.DecodeHalf && HalfScaleDecoding.Suffices(definition, width, height)
            )
        );
        return definition.ExifOrientation ? ExifOrientation.Turn(picture) : picture;
    }

    private void Resample(Picture picture, PreprocessingDefinition definition, Span<float> destination)
    {
        var (across, down) = Geometry.Create(definition, picture.Width, picture.Height, options.MaxPixels);
        var channels = definition.ChannelCount;
        var normalization = Normalization.From(definition);
        for (var channel = 0; across.Kept * down.Kept < across.Output * down.Output && channel < channels; channel++)
        {
            destination
                .Slice(channel * across.Output * down.Output, across.Output * down.Output)
                .Fill(normalization.Black(channel));
        }

        using var columns = ResampleCoefficients.Create(across, definition.Interpolation);
        using var rows = ResampleCoefficients.Create(down, definition.Interpolation);
        PixelLimit.CheckWindow(rows.MaxCount, across.Kept, options.MaxPixels);
        using var window = new RowWindow(rows, across.Kept * channels);
        var next = 0;

        // To the last row, wanted or not: only then is it known whether the file is whole.
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
