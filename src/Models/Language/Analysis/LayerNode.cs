using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>A layer in its place: with its key, its shapes, and what it costs. Blocks hold their layers.</summary>
public sealed class LayerNode
{
    /// <summary>The layer as it was written.</summary>
    public required LayerDefinition Definition { get; init; }

    /// <summary>What <c>"type"</c> says.</summary>
    public string Type => LayerCatalogue.NameOf(Definition);

    /// <summary>JSON Pointer to where it was written; the copies of a repeat share it.</summary>
    public string Pointer => Definition.Pointer;

    /// <summary>The layer's full key in the state dict, such as <c>layer1.0.conv1</c>; that of its parent for a block without one.</summary>
    public required string Key { get; init; }

    /// <summary>Shape of the input, without the batch dimension.</summary>
    public required Shape Input { get; init; }

    /// <summary>Shape of the output, without the batch dimension.</summary>
    public Shape Output { get; internal set; } = Shape.Unknown;

    /// <summary>The layer's own tensors, in the order of PyTorch's state dict, by their full names.</summary>
    public IReadOnlyList<TensorSpec> Tensors => OwnTensors;

    /// <summary>Trainable numbers in the layer itself.</summary>
    public long Parameters { get; internal set; }

    /// <summary>Multiply-accumulates for one input: of convolutions and linear layers, without biases.</summary>
    public long Macs { get; internal set; }

    /// <summary>What part of the input a number of the output depends on; null where that is not known.</summary>
    public ReceptiveField? Field { get; internal set; }

    /// <summary>Bytes of the output in float32, for one input.</summary>
    public long ActivationBytes => Output.IsKnown ? Output.ElementCount * sizeof(float) : 0;

    /// <summary>Whether an error before or in it keeps its shapes or costs from being known.</summary>
    public bool DependsOnError => Failed || !Input.IsKnown || !Output.IsKnown;

    /// <summary>The layers of a block, in the order they run in.</summary>
    public IReadOnlyList<LayerNode> Children => OwnChildren;

    /// <summary>Numbers that it holds beside its tensors: not trained, and not in the state dict.</summary>
    internal long FixedNumbers { get; set; }

    /// <summary>Bytes in float32 of its input with padding around it, for one input; 0 where that is no tensor of its own.</summary>
    internal long PaddedBytes { get; set; }

    /// <summary>Whether its output is the network's.</summary>
    internal bool EndsNetwork { get; set; }

    /// <summary>Whether something is wrong with its parameters.</summary>
    internal bool Failed { get; set; }

    /// <summary>The windows that slide over the input, one for each spatial dimension; none for other layers.</summary>
    internal List<Window> Windows { get; } = [];

    /// <summary>Whether each number of the output depends on all of the input.</summary>
    internal bool SeesWholeInput { get; set; }

    internal List<TensorSpec> OwnTensors { get; } = [];

    internal List<LayerNode> OwnChildren { get; } = [];

    /// <summary>The layer and all in it, each before those that it holds.</summary>
    public IEnumerable<LayerNode> Flatten() => OwnChildren.SelectMany(child => child.Flatten()).Prepend(this);
}
