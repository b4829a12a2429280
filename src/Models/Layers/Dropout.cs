using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using static TorchSharp.torch;

namespace ModelService.Models.Layers;

/// <summary>Sets numbers to 0 at random while training; does nothing when the network is used.</summary>
[Layer("dropout", "Sets numbers to 0 at random while training; does nothing when the network is used.")]
internal sealed record Dropout : LayerDefinition
{
    [Description("Probability of a number to become 0."), Range(0.0, 1.0)]
    public double P { get; init; } = 0.5;

    [Description("Accepted because PyTorch has it; without effect.")]
    public bool Inplace { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit) => input;

    internal override Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent) => parent.Add(node, nn.Dropout(P)).call;
}
