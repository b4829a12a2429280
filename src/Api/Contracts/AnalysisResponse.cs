using ModelService.Models.Analysis;

namespace ModelService.Api.Contracts;

/// <summary>What an architecture comes to.</summary>
/// <param name="InputShape">Shape of the input, the batch dimension left out.</param>
/// <param name="OutputShape">Shape of the output, the batch dimension left out.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Macs">Multiply-accumulates for one input: of convolutions and linear layers, without biases.</param>
/// <param name="HeadLayer">Key of the layer that gives the class scores.</param>
/// <param name="Layers">Every layer and block, in order; a block stands before what it holds.</param>
/// <param name="StateDict">The tensors that a weights file must hold, in PyTorch's order.</param>
public sealed record AnalysisResponse(
    IReadOnlyList<long> InputShape, IReadOnlyList<long> OutputShape, long Parameters, long Macs, string? HeadLayer,
    IReadOnlyList<LayerAnalysisResponse> Layers, IReadOnlyList<TensorResponse> StateDict)
{
    internal static AnalysisResponse Of(ArchitectureAnalysis analysis) => new(
        analysis.Input.Sizes, analysis.Output.Sizes, analysis.Parameters, analysis.Macs, analysis.Head?.Key,
        [.. analysis.AllLayers.Select(node => new LayerAnalysisResponse(node.Pointer, node.Key, node.Type, node.Output.Sizes, node.Parameters, node.Macs))],
        [.. analysis.StateDict.Select(tensor => new TensorResponse(tensor.Name, tensor.Shape, tensor.IsCounter ? "int64" : "float32"))]);
}

/// <summary>One layer of an analysis.</summary>
/// <param name="Pointer">JSON Pointer to where it is written; the copies of a repeat share it.</param>
/// <param name="Key">Its key in the state dict, which its tensors' names begin with.</param>
/// <param name="Type">Its type.</param>
/// <param name="OutputShape">Shape of its output, the batch dimension left out.</param>
/// <param name="Parameters">Trainable numbers in itself.</param>
/// <param name="Macs">Multiply-accumulates for one input.</param>
public sealed record LayerAnalysisResponse(string Pointer, string Key, string Type, IReadOnlyList<long> OutputShape, long Parameters, long Macs);

/// <summary>A tensor of a state dict.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes; empty for a single number.</param>
/// <param name="Dtype">Its number format.</param>
public sealed record TensorResponse(string Name, IReadOnlyList<long> Shape, string Dtype);
