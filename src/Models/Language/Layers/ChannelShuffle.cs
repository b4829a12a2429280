using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Mixes groups of channels: takes the first channel of each group, then the second of each, and so on.
/// </summary>
/// <remarks>Source: Zhang et al. 2017, arXiv:1707.01083; PyTorch nn.ChannelShuffle.</remarks>
[Layer("channel_shuffle", "Mixes groups of channels: the first channel of each group, then the second of each.")]
internal sealed record ChannelShuffle : LayerDefinition
{
    [Description("Number of groups that the channels are split into."), Range(1, int.MaxValue)]
    public required int Groups { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireRank(input, 2, 3, 4);
        var channels = input.Channels;
        if (channels != Shape.UnknownSize && channels % Groups != 0)
            visit.Fail("groups", $"{channels} channels can't be split into {Groups} groups of equal size.");
        return input;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var sizes = input.Shape.Sizes;
        var groups = new ReshapeOperator(new Shape([Groups, sizes[0] / Groups, .. sizes.Skip(1)]));
        long[] turned = [0, 2, 1, .. Enumerable.Range(3, sizes.Count - 1).Select(dimension => (long)dimension)];
        var mixed = graph.Add(node.Key, new PermuteOperator(turned), graph.Add(node.Key, groups, input));
        return graph.Add(node.Key, new ReshapeOperator(input.Shape), mixed);
    }
}
