using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>What can be said of an architecture without building it: shapes, tensors, costs.</summary>
public sealed class ArchitectureAnalysis
{
    private readonly Lazy<IReadOnlyList<TensorSpec>> stateDict;
    private readonly Lazy<long> parameters;
    private readonly Lazy<long> macs;

    /// <summary>Prepares the totals, which are added up when they are first read: those of a refused network may be too large.</summary>
    public ArchitectureAnalysis()
    {
        stateDict = new(() => [.. AllLayers.SelectMany(node => node.Tensors)]);
        parameters = new(() => AllLayers.Sum(node => node.Parameters));
        macs = new(() => AllLayers.Sum(node => node.Macs));
    }

    /// <summary>Shape of the input, without the batch dimension.</summary>
    public required Shape Input { get; init; }

    /// <summary>Shape of the output, without the batch dimension.</summary>
    public required Shape Output { get; init; }

    /// <summary>The layers at the top, in order; blocks hold theirs.</summary>
    public required IReadOnlyList<LayerNode> Layers { get; init; }

    /// <summary>The layer that gives one score per class; null in a network without weights.</summary>
    public LayerNode? Head { get; init; }

    /// <summary>All tensors, in the order and by the names of PyTorch's state dict.</summary>
    public IReadOnlyList<TensorSpec> StateDict => stateDict.Value;

    /// <summary>Trainable numbers.</summary>
    public long Parameters => parameters.Value;

    /// <summary>Multiply-accumulates for one input: of convolutions and linear layers, without biases.</summary>
    public long Macs => macs.Value;

    /// <summary>Every layer, blocks before what they hold.</summary>
    public IEnumerable<LayerNode> AllLayers => Layers.SelectMany(node => node.Flatten());
}
