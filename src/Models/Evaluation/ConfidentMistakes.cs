namespace ModelService.Models.Evaluation;

/// <summary>An image that a network is wrong about.</summary>
/// <param name="Image">The image's place.</param>
/// <param name="Label">The class by the label.</param>
/// <param name="Predicted">The class by the network.</param>
/// <param name="Confidence">The probability of the predicted class.</param>
/// <param name="LabelProbability">The probability of the label.</param>
public sealed record ConfidentMistake(int Image, int Label, int Predicted, double Confidence, double LabelProbability);

/// <summary>Finds the mistakes that a network is most sure of.</summary>
internal static class ConfidentMistakes
{
    /// <summary>Finds mistakes, those of the highest confidence first.</summary>
    /// <param name="scores">The logits and labels.</param>
    /// <param name="most">The greatest number of mistakes to return.</param>
    public static IReadOnlyList<ConfidentMistake> Find(LabelledLogits scores, int most)
    {
        var probabilities = new double[scores.Classes];
        var mistakes = new List<ConfidentMistake>();
        for (var image = 0; image < scores.Count; image++)
        {
            if (scores.IsRight(image))
                continue;
            scores.Probabilities(image, probabilities);
            var (label, predicted) = (scores.Labels[image], scores.Predictions[image]);
            mistakes.Add(new(image, label, predicted, probabilities[predicted], probabilities[label]));
        }

        return [.. mistakes.OrderByDescending(mistake => mistake.Confidence).Take(most)];
    }
}
