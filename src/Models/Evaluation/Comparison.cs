namespace ModelService.Models.Evaluation;

/// <summary>Two networks on the same images, image by image.</summary>
/// <param name="BothRight">The places of the images that both are right about.</param>
/// <param name="OnlyFirst">The places of the images that only the first is right about.</param>
/// <param name="OnlySecond">The places of the images that only the second is right about.</param>
/// <param name="BothWrong">The places of the images that both are wrong about.</param>
/// <param name="Test">Whether the networks differ by more than chance.</param>
public sealed record Comparison(
    IReadOnlyList<int> BothRight,
    IReadOnlyList<int> OnlyFirst,
    IReadOnlyList<int> OnlySecond,
    IReadOnlyList<int> BothWrong,
    McNemar Test
)
{
    /// <summary>Compares two networks.</summary>
    /// <param name="firstRight">Whether the first network is right, image by image.</param>
    /// <param name="secondRight">Whether the second network is right about the same images.</param>
    internal static Comparison Of(IReadOnlyList<bool> firstRight, IReadOnlyList<bool> secondRight)
    {
        var test = McNemar.Test(firstRight, secondRight);
        return new Comparison(Where(true, true), Where(true, false), Where(false, true), Where(false, false), test);

        int[] Where(bool first, bool second) =>
            [
                .. Enumerable
                    .Range(0, firstRight.Count)
                    .Where(image => firstRight[image] == first && secondRight[image] == second),
            ];
    }
}
