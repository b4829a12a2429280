using System.Text.Json;

namespace ModelService.Api.Tests.Support;

/// <summary>Reads and compares numbers.</summary>
internal static class Numbers
{
    public static float[] Floats(this JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetSingle())];

    public static long[] Longs(this JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetInt64())];

    public static string[] Texts(this JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];

    /// <summary>All numbers of a list of the same length are within the tolerance.</summary>
    public static void AssertNear(IReadOnlyList<float> expected, IReadOnlyList<float> actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        var worst = expected.Zip(actual, (left, right) => Math.Abs((double)left - right)).Max();
        Assert.True(worst <= tolerance, $"The numbers differ by up to {worst}, more than {tolerance}.");
    }

    /// <summary>The place of the greatest number.</summary>
    public static int IndexOfGreatest(IReadOnlyList<float> numbers) =>
        Enumerable.Range(0, numbers.Count).MaxBy(index => numbers[index]);
}
