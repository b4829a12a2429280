using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;

namespace ModelService.Models.Language.Layers;

/// <summary>
/// A branch that only training computes, such as an auxiliary classifier. Its input is passed on. A weights file may
/// have its tensors: they are stored with the model's and given back with them.
/// </summary>
/// <remarks>Source: Szegedy et al. 2014, arXiv:1409.4842.</remarks>
[Layer(
    "training_only",
    "A branch that only training computes, such as an auxiliary classifier; files may have its tensors."
)]
internal sealed record TrainingOnly : LayerDefinition
{
    [Description("The layers of the branch; keyed in the block itself. Nothing reads their output.")]
    [MinLength(1)]
    public required IReadOnlyList<LayerDefinition> Layers { get; init; }

    internal override Shape Infer(Shape input, LayerVisit visit)
    {
        visit.Aside(Layers, input);
        return input;
    }

    internal override Value Emit(LayerNode node, GraphBuilder graph, Value input) => input;

    internal override string WritePython(LayerNode node, PyTorchBlock block, string input)
    {
        if (block.HasTrainingLayers)
            block.RegisterClass(node, node.TrainingLayers);
        var what = block.HasTrainingLayers ? "is not run" : "is left out";
        block.Comment($"{PyTorchExpression.Text(node.Key)} {what}: only training computes it.");
        return input;
    }

    /// <summary>The branch for another number of classes; unchanged if it does not end with a score of each.</summary>
    internal TrainingOnly WithClasses(int before, int after) =>
        Layers[^1] is Linear { OutFeatures: var outputs } classifier && outputs == before
            ? this with
            {
                Layers = [.. Layers.SkipLast(1), classifier.WithOutputs(after)],
            }
            : this;

    internal override LayerDefinition Rewrite(Func<LayerDefinition, LayerDefinition> replace) =>
        replace(this with { Layers = [.. Layers.Select(layer => layer.Rewrite(replace))] });
}
