using System.Buffers;

namespace ModelService.Imaging.Resampling;

/// <summary>The last few rows of a picture, after the resize across: as many as the resize down needs at once.</summary>
internal sealed class RowWindow : IDisposable
{
    private readonly ResampleCoefficients down;
    private readonly int pitch;
    private readonly int capacity;
    private readonly byte[] rows;
    private readonly int[] offsets;

    /// <summary>Takes the memory for it.</summary>
    /// <param name="down">The coefficients of the resize down.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    public RowWindow(ResampleCoefficients down, int rowBytes)
    {
        this.down = down;
        pitch = (rowBytes + Convolution.Block - 1) / Convolution.Block * Convolution.Block;
        capacity = down.MaxCount;
        offsets = new int[capacity];

        // One row more, for the result.
        rows = ArrayPool<byte>.Shared.Rent(checked((capacity + 1) * pitch));
    }

    /// <summary>Where a source row's pixels go. They stay until as many rows later as the window holds.</summary>
    /// <param name="y">The source row.</param>
    public Span<byte> Row(int y) => rows.AsSpan(y % capacity * pitch, pitch);

    /// <summary>One row of the resized picture, from the window's rows.</summary>
    /// <param name="index">The kept row.</param>
    /// <returns>Its pixels; valid until the next call.</returns>
    public ReadOnlySpan<byte> Resize(int index)
    {
        var weights = down.Weights(index);
        if (weights.Length == 1)
            return Row(down.First(index));

        for (var k = 0; k < weights.Length; k++)
            offsets[k] = (down.First(index) + k) % capacity * pitch;
        var result = rows.AsSpan(capacity * pitch, pitch);
        Convolution.Down(rows, offsets, weights, result);
        return result;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(rows);
}
