using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>The properties of an architecture that are known without building it: shapes, tensors, costs.</summary>
public sealed class ArchitectureAnalysis
{
    private readonly Lazy<IReadOnlyList<TensorSpec>> stateDict;
    private readonly Lazy<long> parameters;
    private readonly Lazy<long> macs;

    /// <summary>
    /// Prepares the totals. They are summed when first read: those of a rejected network may not fit in 64 bits.
    /// </summary>
    public ArchitectureAnalysis()
    {
        stateDict = new(() => [.. StateDictOrder.Members(Layers!, []).SelectMany(StateDictOrder.Tensors)]);
        parameters = new(() => AllLayers.Sum(node => node.Parameters));
        macs = new(() => AllLayers.Sum(node => node.Macs));
    }

    /// <summary>Shape of the input, without the batch dimension.</summary>
    public required Shape Input { get; init; }

    /// <summary>Shape of the output, without the batch dimension.</summary>
    public required Shape Output { get; init; }

    /// <summary>The layers at the top level, in order; blocks hold their own layers.</summary>
    public required IReadOnlyList<LayerNode> Layers { get; init; }

    /// <summary>The layer that gives one score per class; null in a network without weights.</summary>
    public LayerNode? Head { get; init; }

    /// <summary>All tensors, with the names and in the order of PyTorch's state dict.</summary>
    public IReadOnlyList<TensorSpec> StateDict => stateDict.Value;

    /// <summary>
    /// Tensors that only training uses: a weights file may have them, and nothing computes with them.
    /// </summary>
    public IReadOnlyList<TensorSpec> TrainingTensors =>
        [
            .. AllLayers.SelectMany(node =>
                StateDictOrder.Members(node.TrainingLayers, []).SelectMany(StateDictOrder.Tensors)
            ),
        ];

    /// <summary>Number of trainable parameters.</summary>
    public long Parameters => parameters.Value;

    /// <summary>
    /// Multiply-accumulates for one input, in convolutions, linear layers and attention, without biases.
    /// </summary>
    public long Macs => macs.Value;

    /// <summary>Every layer, each block before its layers.</summary>
    public IEnumerable<LayerNode> AllLayers => Layers.SelectMany(node => node.Flatten());
}
