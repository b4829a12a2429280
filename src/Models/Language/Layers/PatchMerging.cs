using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// Joins the channels of 2x2 pixels of a picture <c>[H, W, C]</c> and halves them: <c>[H/2, W/2, 2 · C]</c>.
/// </summary>
/// <remarks>Source: Liu et al. 2021, arXiv:2103.14030; torchvision's swin_transformer.py.</remarks>
[Layer("patch_merging", "Halves a picture [height, width, channels]: four pixels become one, with twice the channels.")]
internal sealed record PatchMerging : LayerDefinition
{
    private const string PythonClass = """
        class PatchMerging(nn.Module):
            def __init__(self, dim, version, eps):
                super().__init__()
                self.version = version
                self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
                self.norm = nn.LayerNorm((4 if version == 1 else 2) * dim, eps=eps)

            def forward(self, x):
                x = nn.functional.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
                x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
                return self.reduction(self.norm(x)) if self.version == 1 else self.norm(self.reduction(x))
        """;

    [Description("1: as in Swin, with the norm before the linear layer. 2: as in Swin V2, with the norm after it.")]
    [Range(1, 2)]
    public int Version { get; init; } = 1;

    [Description("Added to the variance in the norm, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        if (!input.HasRank)
            return Shape.Unknown;
        if (input.Rank != 3)
        {
            return visit.Fail(
                "type",
                $"The layer takes [height, width, channels], but its input is {input}: put a permute of [0, 2, 3, 1] "
                    + "before it."
            );
        }

        var channels = input.Sizes[2];
        visit.SeesWholeInput();
        if (channels == Shape.UnknownSize)
            return new Shape(Half(input.Sizes[0]), Half(input.Sizes[1]), channels);
        visit.Tensor("reduction.weight", Initialization.KaimingUniform(4 * channels), 2 * channels, 4 * channels);
        visit.Tensor("norm.weight", Initialization.Ones, Normed(channels));
        visit.Tensor("norm.bias", Initialization.Zeros, Normed(channels));
        var output = new Shape(Half(input.Sizes[0]), Half(input.Sizes[1]), 2 * channels);
        visit.Macs(output, 4 * channels);
        return output;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var (key, sizes, channels) = (node.Key, input.Shape.Sizes, input.Shape.Sizes[2]);
        var (height, width) = (Half(sizes[0]), Half(sizes[1]));
        var x = input;
        if (sizes[0] % 2 != 0 || sizes[1] % 2 != 0)
            x = Add(new PadOperator([(0, sizes[0] % 2), (0, sizes[1] % 2), (0, 0)], PaddingMode.Zeros), x);

        // Column by column: the upper left pixel, the lower left one, the upper right one.
        x = Add(new ReshapeOperator(new Shape(height, 2, width, 2, channels)), x);
        x = Add(new PermuteOperator([0, 1, 3, 4, 2, 5]), x);
        x = Add(new ReshapeOperator(new Shape(height, width, 4 * channels)), x);
        var norm = new LayerNormOperator([Normed(channels)], Eps, $"{key}.norm.weight", $"{key}.norm.bias");
        var reduction = new LinearOperator(new NamedWeights($"{key}.reduction.weight")) { Features = 2 * channels };
        return Version == 1 ? Add(reduction, Add(norm, x)) : Add(norm, Add(reduction, x));

        Value Add(Operator item, Value value) => graph.Add(key, item, value);
    }

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        block.UseClass(PythonClass);
        return block.Call(
            node,
            $"PatchMerging({node.Input.Sizes[2]}, {Version}, {PyTorchExpression.Format(Eps)})",
            input
        );
    }

    private long Normed(long channels) => (Version == 1 ? 4 : 2) * channels;

    private static long Half(long side) => side == Shape.UnknownSize ? side : (side + 1) / 2;
}
