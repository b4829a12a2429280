using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>Layer norm over the channels of a picture: each pixel by itself.</summary>
/// <remarks>Source: torchvision's LayerNorm2d, in convnext.py.</remarks>
[Layer(
    "layer_norm2d",
    "Brings the channels of each pixel to mean 0 and standard deviation 1, then scales and shifts them."
)]
internal sealed record LayerNorm2d : LayerDefinition
{
    private const string PythonClass = """
        class LayerNorm2d(nn.LayerNorm):
            def forward(self, x):
                return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        """;

    [Description("Number of channels; inferred, must agree if given."), Range(1, int.MaxValue)]
    public int? NumChannels { get; init; }

    [Description("Added to the variance, against a division by zero."), Range(0.0, float.MaxValue)]
    public double Eps { get; init; } = 1e-5;

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        input = visit.RequireRank(input, 3);
        visit.Agree("num_channels", NumChannels, input.Channels);
        visit.Tensor("weight", Initialization.Ones, input.Channels);
        visit.Tensor("bias", Initialization.Zeros, input.Channels);
        return input;
    }

    internal override LayerDefinition WithInferred(LayerNode node) =>
        this with
        {
            NumChannels = (int)node.Input.Sizes[0],
        };

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input)
    {
        var norm = new LayerNormOperator([input.Shape.Sizes[0]], Eps, $"{node.Key}.weight", $"{node.Key}.bias");
        var last = graph.Add(node.Key, new PermuteOperator([0, 2, 3, 1]), input);
        return graph.Add(node.Key, new PermuteOperator([0, 3, 1, 2]), graph.Add(node.Key, norm, last));
    }

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        block.UseClass(PythonClass);
        return block.Call(node, $"LayerNorm2d({node.Input.Sizes[0]}, eps={PyTorchExpression.Format(Eps)})", input);
    }
}
