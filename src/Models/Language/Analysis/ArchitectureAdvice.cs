using ModelService.Models.Errors;
using ModelService.Models.Language.Layers;

namespace ModelService.Models.Language.Analysis;

/// <summary>
/// Advice on a network that works but could be better, such as a redundant bias. Advice is never an error.
/// </summary>
public static class ArchitectureAdvice
{
    // A layer with more than this fraction of all parameters gets advice.
    private const double LargeShare = 0.9;

    /// <summary>Gives the advice, each with the JSON Pointer of its layer.</summary>
    /// <param name="analysis">A network without an error.</param>
    public static IReadOnlyList<ErrorDetail> For(ArchitectureAnalysis analysis)
    {
        var leaves = analysis.AllLayers.Where(node => node.Children.Count == 0).ToList();
        List<List<LayerNode>> runs =
        [
            [],
        ];
        foreach (var node in analysis.Layers)
            AddTo(runs, node);
        return
        [
            .. runs.SelectMany(BiasBeforeNorm)
                .Concat(LostPicture(leaves))
                .Concat(runs.SelectMany(LinearOnPicture).Take(1))
                .Concat(runs.SelectMany(LinearAfterLinear))
                .Concat(OneLargeLayer(analysis, leaves))
                .Concat(FinalSoftmax(leaves))
                .Distinct(),
        ];
    }

    // In a run, each layer's output goes to the next layer and nowhere else. Each branch of a block is a run of its
    // own, and the layers after the block begin another.
    private static void AddTo(List<List<LayerNode>> runs, LayerNode node)
    {
        var branches = node.Definition.BranchesOf(node);
        foreach (var branch in branches)
        {
            runs.Add([]);
            foreach (var child in branch)
                AddTo(runs, child);
        }

        if (branches.Count > 0)
        {
            runs.Add([]);
            return;
        }

        if (node.Children.Count == 0)
            runs[^1].Add(node);
        foreach (var child in node.Children)
            AddTo(runs, child);
    }

    private static IEnumerable<ErrorDetail> BiasBeforeNorm(List<LayerNode> run) =>
        run.Zip(run.Skip(1), (first, second) => (First: first, Second: second))
            .Where(pair =>
                pair is { First.Definition: Conv { Bias: true } or Linear { Bias: true }, Second.Definition: BatchNorm }
            )
            .Select(pair => new ErrorDetail(
                pair.First.Pointer,
                $"The bias of this {pair.First.Type} is redundant: the {pair.Second.Type} after it subtracts every "
                    + "constant and has a bias of its own. Set \"bias\": false."
            ));

    private static IEnumerable<ErrorDetail> LostPicture(IEnumerable<LayerNode> leaves) =>
        leaves
            .Where(node =>
                node.Definition is Conv { KernelSize: var kernel }
                && kernel.Values.Any(size => size > 1)
                && node.Input.Sizes.Skip(1).All(side => side == 1)
            )
            .Select(node => new ErrorDetail(
                node.Pointer,
                $"The picture has shrunk to {node.Input} before this {node.Type}: its window of "
                    + $"{((Conv)node.Definition).KernelSize} covers one element and padding. Shrink the picture less "
                    + "before it, or use a kernel of 1."
            ));

    // Two-dimensional input is a mistake only after a convolution or pool: rows of features, such as those of a series,
    // are ordinary input of a linear layer.
    private static IEnumerable<ErrorDetail> LinearOnPicture(List<LayerNode> run)
    {
        LayerNode? producer = null; // of the input of the next layer
        foreach (var node in run)
        {
            if (
                node.Definition is Linear
                && node.Input.Rank > 1
                && (
                    producer?.Definition is Conv or Pool or AdaptivePool
                    || (node.Input.Rank > 2 && !(producer is not null && EndsWithChannels(producer.Definition)))
                )
            )
            {
                yield return new ErrorDetail(
                    node.Pointer,
                    $"This linear works on the last dimension alone: {node.Input} becomes {node.Output}, each row by "
                        + "itself. Put a flatten before it to give it the whole picture."
                );
            }

            if (!ReferenceEquals(node.Output, node.Input) || node.Definition is LayerNorm)
                producer = node;
        }
    }

    // Layers whose output has the channels at the end on purpose.
    private static bool EndsWithChannels(LayerDefinition layer) =>
        layer is Linear or Flatten or Permute or LayerNorm or WindowedAttention or PatchMerging or MultiHeadAttention;

    private static IEnumerable<ErrorDetail> LinearAfterLinear(List<LayerNode> run)
    {
        LayerNode? previous = null; // the last linear, when no activation follows it
        foreach (var node in run)
        {
            if (node.Definition is Linear && previous is not null)
            {
                yield return new ErrorDetail(
                    node.Pointer,
                    $"No activation is between this linear and the one before it ({previous.Key}): together they "
                        + "compute no more than one linear layer could. Put a relu between them."
                );
            }

            if (node.Definition is Linear)
                previous = node;
            else if (node.Definition is not (Identity or AnyDropout or Flatten or BatchNorm))
                previous = null;
        }
    }

    private static IEnumerable<ErrorDetail> OneLargeLayer(ArchitectureAnalysis analysis, List<LayerNode> leaves)
    {
        var weighted = leaves.Where(node => node.Parameters > 0).ToList();
        var largest = weighted.MaxBy(node => node.Parameters);
        if (weighted.Count < 2 || largest!.Parameters <= LargeShare * analysis.Parameters)
            yield break;
        yield return new ErrorDetail(
            largest.Pointer,
            $"This {largest.Type} has {100.0 * largest.Parameters / analysis.Parameters:F0} % of all parameters "
                + $"({largest.Parameters} of {analysis.Parameters}). Shrink the picture more before it, for example "
                + "with an adaptive_avg_pool2d."
        );
    }

    private static IEnumerable<ErrorDetail> FinalSoftmax(List<LayerNode> leaves)
    {
        if (leaves.FindLast(node => node.Definition is Softmax && Softmax.IsLeftOut(node)) is { } softmax)
        {
            yield return new ErrorDetail(
                softmax.Pointer,
                "The service computes the probabilities from the logits itself, so this softmax at the end is not run: "
                    + "its input is returned as 'logits', its output as 'probabilities'. Leave the softmax out; "
                    + "PyTorch's cross_entropy expects logits, too."
            );
        }
    }
}
