namespace ModelService.Models.Execution;

/// <summary>A network's scores for one input, one per class.</summary>
/// <param name="Logits">The network's output.</param>
/// <param name="Probabilities">Softmax of the logits; they sum to 1.</param>
public sealed record Scores(float[] Logits, float[] Probabilities);
