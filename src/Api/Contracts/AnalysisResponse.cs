using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Api.Contracts;

/// <summary>What an architecture comes to.</summary>
/// <param name="InputShape">Shape of the input, the batch dimension left out.</param>
/// <param name="OutputShape">Shape of the output, the batch dimension left out.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Macs">Multiply-accumulates for one input: of convolutions and linear layers, without biases.</param>
/// <param name="ActivationBytes">Bytes of all layers' outputs in float32, for one input.</param>
/// <param name="WeightBytes">Bytes of the weights in each precision.</param>
/// <param name="EstimatedMemory">What it takes to serve it, estimated.</param>
/// <param name="HeadLayer">Key of the layer that gives the class scores.</param>
/// <param name="Warnings">What works but could be better, each with its place; nothing here refuses.</param>
/// <param name="Layers">Every layer and block, in order; a block stands before what it holds.</param>
/// <param name="StateDict">The tensors that a weights file must hold, in PyTorch's order.</param>
public sealed record AnalysisResponse(
    IReadOnlyList<long> InputShape,
    IReadOnlyList<long> OutputShape,
    long Parameters,
    long Macs,
    long ActivationBytes,
    WeightBytesResponse WeightBytes,
    EstimatedMemoryResponse EstimatedMemory,
    string? HeadLayer,
    IReadOnlyList<ErrorDetail> Warnings,
    IReadOnlyList<LayerAnalysisResponse> Layers,
    IReadOnlyList<TensorResponse> StateDict
)
{
    internal static AnalysisResponse Create(ArchitectureAnalysis analysis, int largestBatch) =>
        new(
            analysis.Input.Sizes,
            analysis.Output.Sizes,
            analysis.Parameters,
            analysis.Macs,
            analysis.ActivationBytes(),
            new WeightBytesResponse(analysis.WeightBytes(4), analysis.WeightBytes(2), analysis.WeightBytes(2)),
            new EstimatedMemoryResponse(analysis.EstimateBytes(1), analysis.EstimateBytes(largestBatch), largestBatch),
            analysis.Head?.Key,
            ArchitectureAdvice.For(analysis),
            [.. analysis.AllLayers.Select(LayerAnalysisResponse.Create)],
            [
                .. analysis.StateDict.Select(tensor => new TensorResponse(
                    tensor.Name,
                    tensor.Shape,
                    tensor.IsCounter ? "int64" : "float32"
                )),
            ]
        );
}

/// <summary>Bytes of the weights in each precision; counters stay int64.</summary>
/// <param name="Float32">32-bit floating point.</param>
/// <param name="Bfloat16">bfloat16.</param>
/// <param name="Float16">IEEE 754 half precision.</param>
public sealed record WeightBytesResponse(long Float32, long Bfloat16, long Float16);

/// <summary>Estimated bytes to serve in float32: weights, and what layers and open branches hold at the worst moment. The library's own needs are not counted.</summary>
/// <param name="Batch1">For one input at a time.</param>
/// <param name="LargestBatch">For the largest batch that is computed at once on the device <c>auto</c>.</param>
/// <param name="LargestBatchSize">How many inputs that is.</param>
public sealed record EstimatedMemoryResponse(long Batch1, long LargestBatch, int LargestBatchSize);

/// <summary>One layer of an analysis.</summary>
/// <param name="Pointer">JSON Pointer to where it is written; the copies of a repeat share it.</param>
/// <param name="Key">Its key in the state dict, which its tensors' names begin with.</param>
/// <param name="Type">Its type.</param>
/// <param name="OutputShape">Shape of its output, the batch dimension left out; null where an error keeps it, or one of its sizes, from being known.</param>
/// <param name="Parameters">Trainable numbers in itself.</param>
/// <param name="Macs">Multiply-accumulates for one input.</param>
/// <param name="ActivationBytes">Bytes of its output in float32, for one input.</param>
/// <param name="ReceptiveField">What part of the input a number of its output depends on, for each spatial dimension.</param>
/// <param name="DependsOnError">True where an error here or before keeps the shapes or costs from being known.</param>
public sealed record LayerAnalysisResponse(
    string Pointer,
    string Key,
    string Type,
    IReadOnlyList<long?>? OutputShape,
    long Parameters,
    long Macs,
    long ActivationBytes,
    ReceptiveField? ReceptiveField,
    bool? DependsOnError
)
{
    internal static LayerAnalysisResponse Create(LayerNode node) =>
        new(
            node.Pointer,
            node.Key,
            node.Type,
            node.Output.HasRank
                ? [.. node.Output.Sizes.Select(size => size == Shape.UnknownSize ? (long?)null : size)]
                : null,
            node.Parameters,
            node.Macs,
            node.ActivationBytes,
            node.Field,
            node.DependsOnError ? true : null
        );
}

/// <summary>A tensor of a state dict.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes; empty for a single number.</param>
/// <param name="Dtype">Its number format.</param>
public sealed record TensorResponse(string Name, IReadOnlyList<long> Shape, string Dtype);
