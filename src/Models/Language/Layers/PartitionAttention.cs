using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>The pixels of a group: neighbours, or pixels at even distances.</summary>
public enum PartitionKind
{
    /// <summary>Neighbours.</summary>
    Window,

    /// <summary>Pixels at even distances over the whole picture.</summary>
    Grid,
}

/// <summary>Attention among the pixels of a window, or of a grid over the whole picture.</summary>
/// <remarks>Source: Tu et al. 2022, arXiv:2204.01697; torchvision's maxvit.py.</remarks>
[Layer("partition_attention", "Attention among the pixels of each window, or of a grid over the whole picture.")]
internal sealed record PartitionAttention : WindowedAttention
{
    [Description("Height and width of a window, or number of pixels of the grid down and to the right.")]
    [Range(1, 1024)]
    public required Sizes PartitionSize { get; init; }

    [Description("\"window\": neighbours attend to each other; \"grid\": pixels at even distances do.")]
    public PartitionKind Partition { get; init; }

    private protected override Sizes Group => PartitionSize;

    private protected override string GroupName => "partition_size";

    private protected override bool IsGrid => Partition == PartitionKind.Grid;

    private protected override (string In, string Out) Projections => ("to_qkv", "merge");

    private protected override void Check(LayerVisit visit, Shape input)
    {
        if (input.Sizes[0] % Window.Height != 0 || input.Sizes[1] % Window.Width != 0)
            visit.Fail("partition_size", $"{PartitionSize} does not divide the sides of the input {input}.");
    }

    private protected override void Declare(LayerVisit visit, long channels)
    {
        var (height, width) = Window;
        var places = ((2 * height) - 1) * ((2 * width) - 1);
        visit.Tensor("relative_position_bias_table", new Initialization.Normal(0.02), places, NumHeads);
        visit.PositionIndex("relative_position_index", Window, height * width, height * width);
        visit.Tensor("to_qkv.weight", Initialization.KaimingUniform(channels), 3 * channels, channels);
        visit.Tensor("to_qkv.bias", Initialization.FanInUniform(channels), 3 * channels);
        visit.Tensor("merge.weight", Initialization.KaimingUniform(channels), channels, channels);
        visit.Tensor("merge.bias", Initialization.FanInUniform(channels), channels);
    }

    // torchvision scales by all channels, not by those of a head.
    private protected override AttentionOperator Attention(string key, long channels, PositionBias bias) =>
        new(NumHeads, 1 / Math.Sqrt(channels)) { Bias = bias };

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        block.UseClass(WindowAttentionSource.Index);
        block.UseClass(WindowAttentionSource.Partition);
        return block.Call(
            node,
            $"PartitionAttention({node.Input.Sizes[2]}, {NumHeads}, ({Window.Height}, {Window.Width}), "
                + $"is_grid={(IsGrid ? "True" : "False")})",
            input
        );
    }
}
