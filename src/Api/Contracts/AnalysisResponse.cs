using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Api.Contracts;

/// <summary>The shapes, parameters and costs of an architecture.</summary>
/// <param name="InputShape">Shape of the input, without the batch dimension.</param>
/// <param name="OutputShape">Shape of the output, without the batch dimension.</param>
/// <param name="Parameters">Number of trainable parameters.</param>
/// <param name="Macs">
/// Multiply-accumulate operations for one input, in convolutions and linear layers. Biases are not counted.
/// </param>
/// <param name="ActivationBytes">Bytes of all layers' outputs for one input, in float32.</param>
/// <param name="WeightBytes">Bytes of the weights in each precision.</param>
/// <param name="EstimatedMemory">Estimated memory that serving the network takes.</param>
/// <param name="HeadLayer">Key of the layer that computes the class scores.</param>
/// <param name="Warnings">
/// Advice on an architecture that is valid but could be improved, each with a JSON Pointer. A warning never causes an
/// error.
/// </param>
/// <param name="Layers">All layers and blocks, in order. A block comes before the layers it contains.</param>
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

/// <summary>Bytes of the weights in each precision. Counters are int64 in all of them.</summary>
/// <param name="Float32">In 32-bit floating point.</param>
/// <param name="Bfloat16">In bfloat16.</param>
/// <param name="Float16">In IEEE 754 half precision.</param>
public sealed record WeightBytesResponse(long Float32, long Bfloat16, long Float16);

/// <summary>
/// Estimated bytes that serving takes in float32: the weights, and the layer outputs that are held at the same time at
/// the peak. Memory that the native library needs for itself is not counted.
/// </summary>
/// <param name="Batch1">For a batch of one input.</param>
/// <param name="LargestBatch">For the largest batch that the server computes at once on the device <c>auto</c>.</param>
/// <param name="LargestBatchSize">Number of inputs in that largest batch.</param>
public sealed record EstimatedMemoryResponse(long Batch1, long LargestBatch, int LargestBatchSize);

/// <summary>One layer or block of an analysis.</summary>
/// <param name="Pointer">
/// JSON Pointer to the layer's definition. All copies made by a repeat have the same pointer.
/// </param>
/// <param name="Key">The layer's key in the state dict: the prefix of its tensors' names.</param>
/// <param name="Type">The layer type.</param>
/// <param name="OutputShape">
/// Shape of the output, without the batch dimension. The shape, or one of its sizes, is null when an error keeps it
/// from being known.
/// </param>
/// <param name="Parameters">Number of trainable parameters of the layer.</param>
/// <param name="Macs">Multiply-accumulate operations for one input.</param>
/// <param name="ActivationBytes">Bytes of the output for one input, in float32.</param>
/// <param name="ReceptiveField">
/// The part of the input that one number of the output depends on, for each spatial dimension.
/// </param>
/// <param name="DependsOnError">
/// True when an error in this layer or in an earlier one keeps the shapes or costs from being known; otherwise absent.
/// </param>
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
/// <param name="Name">The tensor's name.</param>
/// <param name="Shape">The tensor's sizes; empty for a scalar.</param>
/// <param name="Dtype">The tensor's number format.</param>
public sealed record TensorResponse(string Name, IReadOnlyList<long> Shape, string Dtype);
