using ModelService.Models.Errors;

namespace ModelService.Models.Weights;

/// <summary>Refuses weights that a network can't compute with, such as those of a training that diverged.</summary>
internal static class FiniteWeights
{
    /// <summary>Refuses a tensor that holds NaN or an infinity.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="numbers">Its elements.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>.</exception>
    public static void Require(string name, ReadOnlySpan<float> numbers)
    {
        var place = numbers.IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        if (place >= 0)
        {
            throw Unreadable.Because(
                $"Element {place} of {numbers.Length} of {Unreadable.Quote(name)} is {Name(numbers[place])}, and the "
                    + "network's scores would not be numbers. Did the training diverge?"
            );
        }
    }

    /// <summary>Refuses tensors of a file that hold NaN or an infinity. Reads them one after another.</summary>
    /// <param name="pairs">The tensors that a network takes.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>.</exception>
    public static void Require(IEnumerable<TensorPair> pairs)
    {
        foreach (var (expected, stored) in pairs.Where(pair => !pair.Expected.IsCounter))
        {
            var numbers = new float[stored.ElementCount];
            stored.CopyTo(numbers.AsSpan());
            Require(expected.Name, numbers);
        }
    }

    private static string Name(float number) =>
        float.IsNaN(number) ? "NaN"
        : number > 0 ? "infinity"
        : "minus infinity";
}
