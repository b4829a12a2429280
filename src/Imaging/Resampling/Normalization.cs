using System.Runtime.CompilerServices;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>
/// A table with the normalised number of every 8-bit value of every channel: <c>(value * scale - mean) / std</c>, in
/// float32 as torch computes it.
/// </summary>
internal sealed class Normalization
{
    // One table for each definition, kept while the definition lives.
    private static readonly ConditionalWeakTable<PreprocessingDefinition, Normalization> Known = [];

    private const int Values = 256;
    private readonly float[] table;
    private readonly int channels;

    private Normalization(PreprocessingDefinition definition)
    {
        channels = definition.ChannelCount;
        table = new float[channels * Values];
        for (var channel = 0; channel < channels; channel++)
        {
            var (mean, std) = ((float)(definition.Mean?[channel] ?? 0), (float)(definition.Std?[channel] ?? 1));
            for (var value = 0; value < Values; value++)
                table[(channel * Values) + value] = ((float)(value * definition.Scale) - mean) / std;
        }
    }

    /// <summary>Finds or creates the table of a definition.</summary>
    /// <param name="definition">The preprocessing; its scale, mean and std are used.</param>
    public static Normalization From(PreprocessingDefinition definition) =>
        Known.GetValue(definition, definition => new Normalization(definition));

    /// <summary>The normalised number of a black pixel.</summary>
    /// <param name="channel">Index of the channel.</param>
    public float Black(int channel) => table[channel * Values];

    /// <summary>Normalises one row of pixels and writes it into the planes of <c>[C, H, W]</c>.</summary>
    /// <param name="pixels">The row: at least <paramref name="count"/> pixels of C bytes each.</param>
    /// <param name="count">Number of pixels to write.</param>
    /// <param name="planes">The planes, row-major.</param>
    /// <param name="offset">Offset of the row's first number in each plane.</param>
    public void Write(ReadOnlySpan<byte> pixels, int count, Span<float> planes, int offset)
    {
        var plane = planes.Length / channels;
        for (var channel = 0; channel < channels; channel++)
        {
            var values = table.AsSpan(channel * Values, Values);
            var target = planes.Slice((channel * plane) + offset, count);
            for (int x = 0, i = channel; x < target.Length; x++, i += channels)
                target[x] = values[pixels[i]];
        }
    }
}
