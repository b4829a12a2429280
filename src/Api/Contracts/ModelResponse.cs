using ModelService.Imaging;
using ModelService.Models.Definitions;
using ModelService.Models.Registry;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The models that are served.</summary>
/// <param name="Models">Each model.</param>
public sealed record ModelListResponse(IReadOnlyList<ModelResponse> Models);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Base">The predefined architecture it was made from.</param>
/// <param name="From">The model it was derived from.</param>
/// <param name="Weights">Where its numbers come from; <c>random</c>: never trained, <c>partial</c>: not all trained. The scores mean nothing then.</param>
/// <param name="RandomTensors">With <c>partial</c>: the tensors that are random.</param>
/// <param name="Head">Whether the layer that gives the class scores is random; absent in a network without weights.</param>
/// <param name="Device">Where it computes: <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Precision">The number format it computes in.</param>
/// <param name="InputShape">What it takes, the batch dimension left out.</param>
/// <param name="NumClasses">Classes it tells apart.</param>
/// <param name="Labels">One label per class.</param>
/// <param name="Preprocessing">How photos become its input; absent when it takes tensors only.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Macs">Multiply-accumulates for one input.</param>
/// <param name="Bytes">Bytes of its tensors.</param>
/// <param name="CreatedAt">When it became ready.</param>
/// <param name="WeightsReport">What was loaded from a weights file or another model; absent in the list of models.</param>
public sealed record ModelResponse(
    string Name, int Version, string? Base, string? From, WeightsState Weights, IReadOnlyList<string>? RandomTensors, HeadState? Head, string Device, Precision Precision, IReadOnlyList<long> InputShape, int NumClasses,
    IReadOnlyList<string>? Labels, PreprocessingDefinition? Preprocessing, long Parameters, long Macs, long Bytes, DateTimeOffset CreatedAt,
    WeightsReport? WeightsReport)
{
    internal static ModelResponse Of(ModelEntry model)
    {
        var (definition, analysis) = (model.Blueprint.Definition, model.Blueprint.Analysis);
        return new ModelResponse(
            model.Name, model.Version, definition.Base, definition.From, model.Weights, PartlyRandom(model), model.Head, model.Device, definition.Precision, analysis.Input.Sizes, model.Blueprint.ClassCount,
            definition.Labels, model.Blueprint.Preprocessing, analysis.Parameters, analysis.Macs, model.Bytes, model.Created, model.Report);
    }

    /// <summary>The tensors that are random, where some are and some are not.</summary>
    internal static IReadOnlyList<string>? PartlyRandom(ModelEntry model) => model.Weights == WeightsState.Partial ? model.RandomTensors : null;
}

/// <summary>A model that was removed.</summary>
/// <param name="Model">Its name.</param>
/// <param name="BytesReturned">Bytes that its tensors had taken.</param>
public sealed record ModelDeletedResponse(string Model, long BytesReturned);
