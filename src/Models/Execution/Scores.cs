namespace ModelService.Models.Execution;

/// <summary>A network's scores for one input, one per class.</summary>
/// <param name="Logits">The network's output.</param>
/// <param name="Probabilities">Softmax of the logits; they sum to 1.</param>
public sealed record Scores(float[] Logits, float[] Probabilities)
{
    /// <summary>
    /// The indexes of the best classes, the best first. Of equal ones, the one with the smaller index comes first.
    /// </summary>
    /// <param name="count">The number of classes; all of them if there are fewer.</param>
    public int[] FindBest(int count)
    {
        count = Math.Min(count, Logits.Length);

        // Holds the best classes so far; the worst of them is the first to be dequeued.
        var queue = new PriorityQueue<int, (float Logit, int NegativeIndex)>(count);
        for (var index = 0; index < Logits.Length; index++)
        {
            if (queue.Count < count)
                queue.Enqueue(index, (Logits[index], -index));
            else
                queue.EnqueueDequeue(index, (Logits[index], -index));
        }

        var best = new int[count];
        for (var rank = count - 1; rank >= 0; rank--)
            best[rank] = queue.Dequeue();
        return best;
    }
}
