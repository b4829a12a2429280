using ModelService.Models.Graph;
using ModelService.Models.Language.Layers;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Analysis;

/// <summary>A layer in an analysed network, with its key, shapes and costs. Blocks hold their layers.</summary>
public sealed class LayerNode
{
    /// <summary>The layer as it was written.</summary>
    public required LayerDefinition Definition { get; init; }

    /// <summary>The layer's <c>"type"</c>, such as <c>conv2d</c>.</summary>
    public string Type => LayerCatalogue.NameOf(Definition);

    /// <summary>JSON Pointer to the layer in the client's document; the copies of a repeat share it.</summary>
    public string Pointer => Definition.Pointer;

    /// <summary>
    /// The layer's full key in the state dict, such as <c>layer1.0.conv1</c>; a block without a key has its parent's.
    /// </summary>
    public required string Key { get; init; }

    /// <summary>Shape of the input, without the batch dimension.</summary>
    public required Shape Input { get; init; }

    /// <summary>Shape of the output, without the batch dimension.</summary>
    public Shape Output { get; internal set; } = Shape.Unknown;

    /// <summary>The layer's own tensors, with their full names, in the order of PyTorch's state dict.</summary>
    public IReadOnlyList<TensorSpec> Tensors => OwnTensors;

    /// <summary>Number of trainable parameters in the layer itself.</summary>
    public long Parameters { get; internal set; }

    /// <summary>Multiply-accumulates for one input, in convolutions and linear layers, without biases.</summary>
    public long Macs { get; internal set; }

    /// <summary>The part of the network's input that one number of the output depends on; null when unknown.</summary>
    public ReceptiveField? Field { get; internal set; }

    /// <summary>Bytes of the output in float32, for one input.</summary>
    public long ActivationBytes => Output.IsKnown ? Output.ElementCount * sizeof(float) : 0;

    /// <summary>Whether an error in this layer or an earlier one leaves its shapes or costs unknown.</summary>
    public bool DependsOnError => Failed || !Input.IsKnown || !Output.IsKnown;

    /// <summary>The layers of a block, in the order they run in.</summary>
    public IReadOnlyList<LayerNode> Children => OwnChildren;

    /// <summary>Count of constant numbers in the layer, which are not trained and not in the state dict.</summary>
    internal long FixedNumbers { get; set; }

    /// <summary>
    /// Bytes in float32, for one input, of the tensor that the layer makes besides its output, such as its padded
    /// input;
    /// 0 when there is none.
    /// </summary>
    internal long ScratchBytes { get; set; }

    /// <summary>
    /// Layers that only training computes: no part of the network, but a weights file may have their tensors.
    /// </summary>
    internal IReadOnlyList<LayerNode> TrainingLayers { get; set; } = [];

    /// <summary>Whether the layer's output is the network's output.</summary>
    internal bool EndsNetwork { get; set; }

    /// <summary>Whether a parameter of the layer has an error.</summary>
    internal bool Failed { get; set; }

    /// <summary>
    /// The windows that slide over the input, one for each spatial dimension; empty for layers without.
    /// </summary>
    internal List<Window> Windows { get; } = [];

    /// <summary>Whether each number of the output depends on all of the input.</summary>
    internal bool SeesWholeInput { get; set; }

    /// <summary>The tensors, as the analysis collects them.</summary>
    internal List<TensorSpec> OwnTensors { get; } = [];

    /// <summary>The layers of a block, as the analysis collects them.</summary>
    internal List<LayerNode> OwnChildren { get; } = [];

    /// <summary>The layer and all layers in it, each block before its layers.</summary>
    public IEnumerable<LayerNode> Flatten() => OwnChildren.SelectMany(child => child.Flatten()).Prepend(this);
}
