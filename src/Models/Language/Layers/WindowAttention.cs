using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Attention among the pixels of a window, which the next layer of the same kind shifts.</summary>
/// <remarks>
/// Source: Liu et al. 2021, arXiv:2103.14030, and 2021, arXiv:2111.09883; torchvision's swin_transformer.py.
/// </remarks>
[Layer("window_attention", "Attention among the pixels of each window of a picture [height, width, channels].")]
internal sealed record WindowAttention : WindowedAttention
{
    // torchvision's hidden size of the network that computes the bias.
    private const long Hidden = 512;

    [Description("Height and width of a window, in pixels. The picture is filled up with zeros to whole windows.")]
    [Range(1, 1024)]
    public required Sizes WindowSize { get; init; }

    [Description(
        "How far the windows are shifted, down and to the right: half a window in every second layer lets neighbouring "
            + "windows see each other. A picture of one window is not shifted."
    )]
    [Range(0, 1024)]
    public Sizes ShiftSize { get; init; } = 0;

    [Description(
        "1: as in Swin, with a table of biases. 2: as in Swin V2, by the cosine of query and key, and with a small "
            + "network that computes the biases from the distance."
    )]
    [Range(1, 2)]
    public int Version { get; init; } = 1;

    private protected override Sizes Group => WindowSize;

    private protected override string GroupName => "window_size";

    private protected override (string In, string Out) Projections => ("qkv", "proj");

    private protected override (long Height, long Width) ShiftOf(Shape padded)
    {
        var shift = ShiftSize.Expand(2);
        return (Window.Height >= padded.Sizes[0] ? 0 : shift[0], Window.Width >= padded.Sizes[1] ? 0 : shift[1]);
    }

    private protected override void Check(LayerVisit visit, Shape input)
    {
        if (!visit.RequireSizes("shift_size", ShiftSize, 2))
            return;
        var shift = ShiftSize.Expand(2);
        if (shift[0] >= Window.Height || shift[1] >= Window.Width)
            visit.Fail("shift_size", $"A shift of {ShiftSize} is not less than the window, which is {WindowSize}.");
        if (Version == 2 && (Window.Height == 1 || Window.Width == 1))
            visit.Fail("window_size", "With version 2, both sides of a window are at least 2.");
    }

    private protected override void Declare(LayerVisit visit, long channels)
    {
        var (height, width) = Window;
        var places = ((2 * height) - 1) * ((2 * width) - 1);
        if (Version == 1)
        {
            visit.Tensor("relative_position_bias_table", new Initialization.Normal(0.02), places, NumHeads);
        }
        else
        {
            visit.Tensor("logit_scale", new Initialization.Constant(Math.Log(10)), NumHeads, 1, 1);
            visit.Buffer(
                "relative_coords_table",
                new Initialization.PositionCoordinates(height, width),
                [1, (2 * height) - 1, (2 * width) - 1, 2]
            );
        }

        visit.PositionIndex("relative_position_index", Window, height * width * height * width);
        visit.Tensor("qkv.weight", Initialization.KaimingUniform(channels), 3 * channels, channels);
        visit.Tensor("qkv.bias", Initialization.FanInUniform(channels), 3 * channels);
        visit.Tensor("proj.weight", Initialization.KaimingUniform(channels), channels, channels);
        visit.Tensor("proj.bias", Initialization.FanInUniform(channels), channels);
        if (Version == 1)
            return;
        visit.Tensor("cpb_mlp.0.weight", Initialization.KaimingUniform(2), Hidden, 2);
        visit.Tensor("cpb_mlp.0.bias", Initialization.FanInUniform(2), Hidden);
        visit.Tensor("cpb_mlp.2.weight", Initialization.KaimingUniform(Hidden), NumHeads, Hidden);
    }

    // Version 2 has no bias for keys: torchvision sets it to 0 each time.
    private protected override WeightSource InWeights(string key, long channels) =>
        base.InWeights(key, channels) with
        {
            UnbiasedRows = Version == 1 ? null : (channels, channels),
        };

    private protected override AttentionOperator Attention(string key, long channels, PositionBias bias) =>
        Version == 1
            ? new AttentionOperator(NumHeads, 1 / Math.Sqrt(channels / (double)NumHeads)) { Bias = bias }
            : new AttentionOperator(NumHeads, 1)
            {
                Bias = bias with { IsContinuous = true },
                LogitScale = $"{key}.logit_scale",
            };

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        block.UseClass(WindowAttentionSource.Index);
        block.UseClass(WindowAttentionSource.Window);
        var shift = ShiftSize.Expand(2);
        return block.Call(
            node,
            $"WindowAttention({node.Input.Sizes[2]}, {NumHeads}, ({Window.Height}, {Window.Width}), "
                + $"({shift[0]}, {shift[1]}), version={Version})",
            input
        );
    }
}
