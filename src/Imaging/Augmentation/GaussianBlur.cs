using System.Buffers;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// Blurs a picture in place, as torchvision's <c>gaussian_blur</c> does: the border is reflected, the sum rounded. A
/// picture that is smaller than the filter is reflected as often as needed; torchvision refuses it.
/// </summary>
internal static class GaussianBlur
{
    /// <summary>Blurs a picture.</summary>
    /// <param name="pixels">The picture.</param>
    /// <param name="size">Its height, width and number of channels.</param>
    /// <param name="across">Size and standard deviation of the filter, across.</param>
    /// <param name="down">Size and standard deviation of the filter, down.</param>
    public static void Run(
        Span<byte> pixels,
        (int Height, int Width, int Channels) size,
        (int Size, double Sigma) across,
        (int Size, double Sigma) down
    )
    {
        var (height, width, channels) = size;
        var rowLength = width * channels;
        var buffer = ArrayPool<float>.Shared.Rent(pixels.Length + rowLength);
        try
        {
            var sums = buffer.AsSpan(0, pixels.Length);
            var (weightsX, weightsY) = (Weights(across), Weights(down));
            sums.Clear();
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++)
                {
                    var target = sums.Slice((y * rowLength) + (x * channels), channels);
                    for (var k = 0; k < weightsX.Length; k++)
                    {
                        var from = (y * rowLength) + (Reflect(x + k - (weightsX.Length / 2), width) * channels);
                        for (var channel = 0; channel < channels; channel++)
                            target[channel] += pixels[from + channel] * weightsX[k];
                    }
                }
            }

            var row = buffer.AsSpan(pixels.Length, rowLength);
            for (var y = 0; y < height; y++)
            {
                row.Clear();
                for (var k = 0; k < weightsY.Length; k++)
                {
                    var from = sums.Slice(Reflect(y + k - (weightsY.Length / 2), height) * rowLength, rowLength);
                    for (var i = 0; i < rowLength; i++)
                        row[i] += from[i] * weightsY[k];
                }

                for (var i = 0; i < rowLength; i++)
                    pixels[(y * rowLength) + i] = (byte)Math.Clamp(MathF.Round(row[i]), 0, 255);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(buffer);
        }
    }

    private static float[] Weights((int Size, double Sigma) filter)
    {
        var weights = new float[filter.Size];
        for (var i = 0; i < weights.Length; i++)
        {
            var distance = (i - ((weights.Length - 1) * 0.5)) / filter.Sigma;
            weights[i] = (float)Math.Exp(-0.5 * distance * distance);
        }

        var sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    // The index in a picture that goes on as in mirrors at its first and last pixel.
    private static int Reflect(int index, int length)
    {
        if (length == 1)
            return 0;
        var period = 2 * (length - 1);
        index = Math.Abs(index) % period;
        return index < length ? index : period - index;
    }
}
