using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Tests.Support;

/// <summary>Short ways to a decoded or preprocessed picture.</summary>
internal static class Pictures
{
    public static PreprocessingDefinition AsStored { get; } = new();

    public static Preprocessor Preprocessor(
        long? maxPixels = null,
        int? maxBytes = null,
        long? maxRequestPixels = null,
        DecoderLibrary decoder = DecoderLibrary.Libvips
    )
    {
        var defaults = new ImagingOptions();
        return new Preprocessor(
            Options.Create(
                new ImagingOptions
                {
                    MaxPixels = maxPixels ?? defaults.MaxPixels,
                    MaxBytes = maxBytes ?? defaults.MaxBytes,
                    MaxRequestPixels = maxRequestPixels ?? defaults.MaxRequestPixels,
                    Decoder = decoder,
                }
            )
        );
    }

    /// <summary>All pixels of a picture, without any resize.</summary>
    public static (int Width, int Height, byte[] Rgb) Decode(
        ReadOnlyMemory<byte> encoded,
        PreprocessingDefinition? definition = null,
        Preprocessor? preprocessor = null
    )
    {
        using var picture = (preprocessor ?? Preprocessor()).Open(encoded, definition ?? AsStored);
        var rgb = new byte[3 * picture.Width * picture.Height];
        for (var y = 0; y < picture.Height; y++)
            picture.ReadRow().CopyTo(rgb.AsSpan(3 * picture.Width * y));
        return (picture.Width, picture.Height, rgb);
    }

    public static float[] Run(
        ReadOnlyMemory<byte> encoded,
        PreprocessingDefinition definition,
        Preprocessor? preprocessor = null
    )
    {
        var (height, width) = definition.OutputSize!.Value;
        var floats = new float[definition.ChannelCount * height * width];
        (preprocessor ?? Preprocessor()).Run(encoded, definition, floats);
        return floats;
    }

    public static PreprocessingDefinition Definition(JsonElement json) =>
        new()
        {
            Resize = json.TryGetProperty("resize", out var resize)
                ? new ResizeDefinition
                {
                    ShorterSide = Side(resize, "shorter_side"),
                    Height = Side(resize, "height"),
                    Width = Side(resize, "width"),
                }
                : null,
            Interpolation = Enum.Parse<Interpolation>(json.GetProperty("interpolation").GetString()!, ignoreCase: true),
            CenterCrop = json.TryGetProperty("center_crop", out var crop)
                ? new CropDefinition { Height = Side(crop, "height")!.Value, Width = Side(crop, "width")!.Value }
                : null,
            Channels = Enum.Parse<ColorChannels>(json.GetProperty("channels").GetString()!, ignoreCase: true),
            Scale = json.GetProperty("scale").GetDouble(),
            Mean = Numbers(json, "mean"),
            Std = Numbers(json, "std"),
        };

    public static double[]? Numbers(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list)
            ? [.. list.EnumerateArray().Select(number => number.GetDouble())]
            : null;

    /// <summary>The entries of a fixture folder's manifest.</summary>
    public static IEnumerable<JsonElement> Manifest(string folder, string list = "files") =>
        Fixtures.Json(folder, "manifest.json").GetProperty(list).EnumerateArray();

    private static int? Side(JsonElement json, string name) =>
        json.TryGetProperty(name, out var side) ? side.GetInt32() : null;
}
