using ModelService.Imaging;
using ModelService.Models.Definitions;
using ModelService.Models.Registry;
using ModelService.Models.Runtime;

namespace ModelService.Api.Contracts;

/// <summary>The models that are served.</summary>
/// <param name="Models">Each model.</param>
public sealed record ModelListResponse(IReadOnlyList<ModelResponse> Models);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Base">The predefined architecture it was made from.</param>
/// <param name="Weights">Where its numbers come from; <c>random</c>: never trained, the scores mean nothing.</param>
/// <param name="Device">Where it computes: <c>cpu</c> or <c>cuda:N</c>.</param>
/// <param name="Precision">The number format it computes in.</param>
/// <param name="Route">How it computes: <c>plan</c>, or <c>module</c>, which is slower.</param>
/// <param name="RouteReason">Why it computes by its module; absent when it does not.</param>
/// <param name="Fidelity">How far the plan's probabilities are from the float32 module's; absent when there is no plan.</param>
/// <param name="InputShape">What it takes, the batch dimension left out.</param>
/// <param name="NumClasses">Classes it tells apart.</param>
/// <param name="Labels">One label per class.</param>
/// <param name="Preprocessing">How photos become its input; absent when it takes tensors only.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="Macs">Multiply-accumulates for one input.</param>
/// <param name="Bytes">Bytes of its tensors.</param>
/// <param name="CreatedAt">When it became ready.</param>
public sealed record ModelResponse(
    string Name, int Version, string? Base, WeightsState Weights, string Device, Precision Precision,
    ModelRoute Route, string? RouteReason, Fidelity? Fidelity, IReadOnlyList<long> InputShape, int NumClasses,
    IReadOnlyList<string>? Labels, PreprocessingDefinition? Preprocessing, long Parameters, long Macs, long Bytes, DateTimeOffset CreatedAt)
{
    internal static ModelResponse Of(ModelEntry model)
    {
        var (definition, analysis) = (model.Blueprint.Definition, model.Blueprint.Analysis);
        return new ModelResponse(
            model.Name, model.Version, definition.Base, model.Weights, model.Device, definition.Precision, model.Route, model.RouteReason, model.Fidelity, analysis.Input.Sizes, model.Blueprint.ClassCount,
            definition.Labels, model.Blueprint.Preprocessing, analysis.Parameters, analysis.Macs, model.Bytes, model.Created);
    }
}

/// <summary>A model that was removed.</summary>
/// <param name="Model">Its name.</param>
/// <param name="BytesReturned">Bytes that its tensors had taken.</param>
public sealed record ModelDeletedResponse(string Model, long BytesReturned);
