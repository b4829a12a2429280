using System.Buffers;

namespace ModelService.Imaging.Resampling;

/// <summary>
/// The last few rows of a picture, resized horizontally: as many as the vertical resize needs for one row of its
/// result.
/// </summary>
internal sealed class RowWindow : IDisposable
{
    private readonly ResampleCoefficients down;
    private readonly int pitch;
    private readonly int capacity;
    private readonly byte[] rows;
    private readonly int[] offsets;

    /// <summary>Creates a window and rents its memory.</summary>
    /// <param name="down">The coefficients of the vertical resize.</param>
    /// <param name="rowBytes">Bytes per row.</param>
    public RowWindow(ResampleCoefficients down, int rowBytes)
    {
        this.down = down;
        pitch = (rowBytes + Convolution.Block - 1) / Convolution.Block * Convolution.Block;
        capacity = down.MaxCount;
        offsets = new int[capacity];

        // The extra row is for the result.
        rows = ArrayPool<byte>.Shared.Rent(checked((capacity + 1) * pitch));
    }

    /// <summary>
    /// The memory of a source row, to write to or to read from. The window reuses it for the row that comes as many
    /// rows later as the window holds.
    /// </summary>
    /// <param name="y">Index of the source row.</param>
    public Span<byte> Row(int y) => rows.AsSpan(y % capacity * pitch, pitch);

    /// <summary>Computes one row of the resized picture from the rows in the window.</summary>
    /// <param name="index">Index of the kept row.</param>
    /// <returns>The pixels of the row; valid until the next call.</returns>
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

    /// <summary>Returns the memory to its pool.</summary>
    public void Dispose() => ArrayPool<byte>.Shared.Return(rows);
}
