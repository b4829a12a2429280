using ModelService.Models.Tensors;

namespace ModelService.Models.Explanation;

/// <summary>
/// Whether a map can be trusted: the class's probability while the places are covered in the order of the map, and while
/// they are uncovered in that order.
/// </summary>
/// <param name="Deletion">Mean probability while the places are covered; a faithful map makes it low.</param>
/// <param name="Insertion">Mean probability while the places are uncovered; a faithful map makes it high.</param>
/// <param name="Steps">In how many steps.</param>
public sealed record Faithfulness(double Deletion, double Insertion, int Steps)
{
    private const int StepCount = 16;

    /// <summary>Measures a map.</summary>
    /// <param name="forward">Computes the network.</param>
    /// <param name="input">The input, row-major.</param>
    /// <param name="order">The map at the resolution of the input, a number for each place.</param>
    /// <param name="classIndex">The class.</param>
    /// <param name="atOnce">Inputs in one batch.</param>
    /// <param name="cancellationToken">Gives up between batches.</param>
    internal static Faithfulness Measure(
        ForwardPasses forward,
        float[] input,
        double[] order,
        int classIndex,
        int atOnce,
        CancellationToken cancellationToken
    )
    {
        var places = Enumerable.Range(0, order.Length).OrderByDescending(place => order[place]).ToArray();
        return new Faithfulness(Area(isDeletion: true), Area(isDeletion: false), StepCount);

        // By trapezoids.
        double Area(bool isDeletion)
        {
            var curve = Curve(isDeletion);
            return (curve.Sum() - ((curve[0] + curve[^1]) / 2)) / StepCount;
        }

        List<double> Curve(bool isDeletion)
        {
            var result = new List<double>();
            for (var begin = 0; begin <= StepCount; begin += atOnce)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = Math.Min(atOnce, StepCount + 1 - begin);
                var batch = new float[count * input.Length];
                for (var i = 0; i < count; i++)
                    Fill(batch.AsSpan(i * input.Length, input.Length), begin + i, isDeletion);
                var logits = forward.Run(batch, count);
                var classes = logits.Length / count;
                for (var i = 0; i < count; i++)
                    result.Add(Probabilities.FromLogits(logits.AsSpan(i * classes, classes))[classIndex]);
            }

            return result;
        }

        void Fill(Span<float> changed, int step, bool isDeletion)
        {
            if (isDeletion)
                input.CopyTo(changed);
            foreach (var place in places.AsSpan(0, step * places.Length / StepCount))
            {
                for (var at = place; at < input.Length; at += places.Length)
                    changed[at] = isDeletion ? 0 : input[at];
            }
        }
    }
}
