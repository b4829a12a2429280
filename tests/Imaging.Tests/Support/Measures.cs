using System.Text.Json;

namespace ModelService.Imaging.Tests.Support;

/// <summary>Mean colours, as the fixtures' manifests give them.</summary>
internal static class Measures
{
    /// <summary>Compares the whole and the four quarters with a manifest's entry.</summary>
    public static void AssertNear(JsonElement expected, int width, int height, byte[] rgb)
    {
        var tolerance = expected.GetProperty("mean_tolerance").GetDouble();
        var (middle, centre) = (height / 2, width / 2);
        AssertNear(Pictures.Numbers(expected, "mean_rgb")!, Mean(rgb, width, 0, width, 0, height), tolerance);
        if (!expected.TryGetProperty("quadrants_rgb", out var expectedQuarters))
            return;
        double[][] quarters =
        [
            Mean(rgb, width, 0, centre, 0, middle),
            Mean(rgb, width, centre, width, 0, middle),
            Mean(rgb, width, 0, centre, middle, height),
            Mean(rgb, width, centre, width, middle, height),
        ];
        foreach (var (found, item) in quarters.Zip(expectedQuarters.EnumerateArray()))
            AssertNear([.. item.EnumerateArray().Select(number => number.GetDouble())], found, tolerance);
    }

    public static double[] Mean(byte[] rgb, int width, int left, int right, int top, int bottom)
    {
        var sums = new double[3];
        for (var y = top; y < bottom; y++)
        {
            for (var x = left; x < right; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                    sums[channel] += rgb[(((y * width) + x) * 3) + channel];
            }
        }

        return [.. sums.Select(sum => sum / ((right - left) * (bottom - top)))];
    }

    private static void AssertNear(double[] expected, double[] found, double tolerance)
    {
        for (var channel = 0; channel < 3; channel++)
            Assert.InRange(found[channel], expected[channel] - tolerance, expected[channel] + tolerance);
    }
}
