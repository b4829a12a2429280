using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>A layer or block as its author wrote it. GET /v1/layers lists each type's parameters.</summary>
/// <remarks>
/// A new kind of layer is one new file in this folder: a record with the parameters, the rule for the output's shape,
/// and its operators in a graph. A block, or a layer that torch.nn doesn't have, also says how it is written as
/// torch.nn source. The catalogue finds the record by its <see cref="LayerAttribute"/>.
/// </remarks>
public abstract record LayerDefinition
{
    /// <summary>The layer's key in the state dict; its position in its parent when left out.</summary>
    [Description(
        "The layer's key in the state dict: 1 to 64 characters without dots. Its position in its parent when left out."
    )]
    [RegularExpression(@"[^.\u0000-\u001f\u007f]{1,64}")]
    public string? Name { get; init; }

    /// <summary>JSON Pointer to the layer in the definition.</summary>
    [JsonIgnore]
    internal string Pointer { get; init; } = "";

    /// <summary>
    /// Whether the layer has a key of its own. If not, the layers in it are keyed in its parent, as if it were not
    /// there.
    /// </summary>
    internal virtual bool IsKeyed => true;

    /// <summary>Infers the shape of the output, and reports the layer's tensors, costs, children and errors.</summary>
    /// <param name="input">Shape of the input, without the batch dimension; unknown after an earlier error.</param>
    /// <param name="visit">Receives tensors, costs, children and errors.</param>
    /// <returns>Shape of the output, as far as it can be known.</returns>
    internal abstract Shape Infer(Shape input, LayerVisit visit);

    /// <summary>
    /// Whether the layer is a tensor of the block that it is in, named by the layer's key. In the state dict, a
    /// module's
    /// own tensors come before those of its layers.
    /// </summary>
    internal virtual bool IsParameter => false;

    /// <summary>
    /// A tensor that the layer makes besides its output, such as its padded input; null if it makes none worth
    /// counting.
    /// </summary>
    /// <param name="input">Shape of the input.</param>
    internal virtual (string Name, Shape Shape)? Scratch(Shape input) => null;

    /// <summary>
    /// Names of layers in a block in the order of their tensors in the state dict, where they run in another order.
    /// </summary>
    internal virtual IReadOnlyList<string> NamesInOrder => [];

    private protected const string KeyOrderMeaning =
        "Names of layers in the block in the order of their tensors in the state dict, for a PyTorch module that "
        + "registers them in another order than they run in.";

    /// <summary>Adds the operators that compute the layer to a graph.</summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    /// <param name="graph">Receives the operators.</param>
    /// <param name="input">The input.</param>
    /// <returns>The output; the input itself for a layer that does nothing.</returns>
    internal abstract Value Emit(LayerNode node, GraphBuilder graph, Value input);

    /// <summary>
    /// The branches of a block that each read its input, which stays in memory until all have read it; none for other
    /// layers. A branch is layers one after another; an empty one passes the input on.
    /// </summary>
    /// <param name="node">The layer in its place.</param>
    internal virtual IReadOnlyList<IReadOnlyList<LayerNode>> BranchesOf(LayerNode node) => [];

    /// <summary>
    /// Writes the layer as torch.nn source: registers a module with the layer's key, and calls it. The module is that
    /// of torch.nn, whose parameters have the same names as the layer's.
    /// </summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    /// <param name="block">Receives the source.</param>
    /// <param name="input">The variable that holds the input.</param>
    /// <returns>The variable that holds the output; the input's for a layer that does nothing.</returns>
    internal virtual string WritePython(LayerNode node, PyTorchBlock block, string input) =>
        block.Call(node, PyTorchExpression.Format(node), input);

    /// <summary>The same layer with another number of outputs; null for a kind that doesn't take that number.</summary>
    internal virtual LayerDefinition? WithOutputs(int count) => null;

    /// <summary>The same layer with its inferred parameters filled in.</summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    internal virtual LayerDefinition WithInferred(LayerNode node) => this;

    /// <summary>
    /// The layers that stand for this one in a list of layers, inferred parameters filled in: itself, or all copies
    /// of a repeat.
    /// </summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    internal virtual IReadOnlyList<LayerDefinition> Unrolled(LayerNode node) => [WithInferred(node)];

    /// <summary>Replaces the layer and all layers in it, the innermost first.</summary>
    /// <param name="replace">Gives the layer that takes the place of another; it may be the same.</param>
    internal virtual LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) => replace(this);
}
