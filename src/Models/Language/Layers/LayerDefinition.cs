using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Language.Layers;

/// <summary>A layer or block as its author wrote it. GET /v1/layers lists each type's parameters.</summary>
/// <remarks>
/// A new kind is one new file here: a record with the parameters, the rule for its output's shape,
/// the TorchSharp function that computes it, and its operators in a plan; the catalogue finds it by its <see cref="LayerAttribute"/>.
/// </remarks>
public abstract record LayerDefinition
{
    /// <summary>The layer's key in the state dict; its position in its parent when left out.</summary>
    [Description(
        "The layer's key in the state dict: letters, digits and '_'. Its position in its parent when left out."
    )]
    [RegularExpression("[A-Za-z0-9_]{1,64}")]
    public string? Name { get; init; }

    /// <summary>JSON Pointer to where it was written.</summary>
    [JsonIgnore]
    internal string Pointer { get; init; } = "";

    /// <summary>Whether it has a key of its own; else what it holds is keyed in its parent, as if it were not there.</summary>
    internal virtual bool IsKeyed => true;

    /// <summary>Whether its input waits until several branches have seen it.</summary>
    internal virtual bool Forks => false;

    /// <summary>Works out the shape of the output and the tensors it holds, and reports what doesn't fit.</summary>
    /// <param name="input">Shape of the input, without the batch dimension; unknown after an earlier error.</param>
    /// <param name="visit">Takes errors, tensors, costs and children.</param>
    /// <returns>Shape of the output, as far as it can be known.</returns>
    internal abstract Shape Infer(Shape input, LayerVisit visit);

    /// <summary>The input with padding around it, where the layer makes a tensor of that before it computes; null where it doesn't.</summary>
    /// <param name="input">Shape of the input.</param>
    internal virtual Shape? Padded(Shape input) => null;

    /// <summary>Builds the function that computes the layer, with its parameters registered in <paramref name="parent"/>.</summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    /// <param name="parent">The module that holds the parameters.</param>
    /// <returns>
    /// Maps <c>[N, ...input]</c> to <c>[N, ...output]</c>. It borrows its argument; the caller owns the result, which may be the argument itself.
    /// </returns>
    internal abstract Func<Tensor, Tensor> Build(LayerNode node, BlockModule parent);

    /// <summary>Adds the operators that compute the layer to a plan: the same function as <see cref="Build"/> gives.</summary>
    /// <param name="node">The layer in its place, analysed without an error.</param>
    /// <param name="plan">Takes the operators.</param>
    /// <param name="input">What goes in.</param>
    /// <returns>What comes out; the input itself for a layer that does nothing.</returns>
    internal abstract Value Emit(LayerNode node, GraphBuilder plan, Value input);

    /// <summary>The same layer with another number of outputs; null for a kind that has no such number.</summary>
    internal virtual LayerDefinition? WithOutputs(int count) => null;

    /// <summary>The same layer with what was inferred filled in.</summary>
    /// <param name="node">The layer in its place.</param>
    internal virtual LayerDefinition WithInferred(LayerNode node) => this;

    /// <summary>The same layer with each layer in it passed through <paramref name="replace"/>, innermost first.</summary>
    internal virtual LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) => replace(this);
}
