using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Drawing;

/// <summary>A network's input as the picture that it was made of.</summary>
public static class RestoredPicture
{
    /// <summary>Undoes the normalisation.</summary>
    /// <param name="planes">The input <c>[C, H, W]</c>.</param>
    /// <param name="definition">The preprocessing; its channels, scale, mean and std count.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    public static Bitmap Of(ReadOnlySpan<float> planes, PreprocessingDefinition definition, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(definition);
        var channels = definition.ChannelCount;
        var plane = height * width;
        var pixels = new byte[channels * plane];
        for (var channel = 0; channel < channels; channel++)
        {
            var (mean, std) = (definition.Mean?[channel] ?? 0, definition.Std?[channel] ?? 1);
            for (var place = 0; place < plane; place++)
            {
                var value = ((planes[(channel * plane) + place] * std) + mean) / definition.Scale;
                pixels[(place * channels) + channel] = (byte)Math.Clamp(Math.Round(value), 0, byte.MaxValue);
            }
        }

        return new Bitmap(width, height, channels, pixels);
    }
}
