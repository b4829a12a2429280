using System.Text.Json.Serialization;

namespace ModelService.Client;

/// <summary>Whether attributions sum up to what they explain.</summary>
public sealed record CompletenessResponse
{
    /// <summary>The sum of the map.</summary>
    public required double Sum { get; init; }

    /// <summary>The class's logit for the input minus that for an input of zeros.</summary>
    public required double Difference { get; init; }

    /// <summary>The first minus the second; more steps make it smaller.</summary>
    public required double Delta { get; init; }
}

/// <summary>How a score is explained.</summary>
[JsonConverter(typeof(WireEnumConverter<ExplanationMethod>))]
public enum ExplanationMethod
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>grad_cam</c>.</summary>
    GradCam,

    /// <summary>The value <c>hires_cam</c>.</summary>
    HiresCam,

    /// <summary>The value <c>layer_cam</c>.</summary>
    LayerCam,

    /// <summary>The value <c>grad_cam_pp</c>.</summary>
    GradCamPp,

    /// <summary>The value <c>integrated_gradients</c>.</summary>
    IntegratedGradients,

    /// <summary>The value <c>occlusion</c>.</summary>
    Occlusion,
}

/// <summary>The form of an explanation.</summary>
[JsonConverter(typeof(WireEnumConverter<ExplanationOutput>))]
public enum ExplanationOutput
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>overlay</c>.</summary>
    Overlay,

    /// <summary>The value <c>heat</c>.</summary>
    Heat,

    /// <summary>The value <c>json</c>.</summary>
    Json,

    /// <summary>The value <c>safetensors</c>.</summary>
    Safetensors,
}

/// <summary>An explanation of a score.</summary>
public sealed record ExplanationResponse
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The number of the version.</summary>
    public required int Version { get; init; }

    /// <summary>The origin of a model's weights.</summary>
    public required WeightsState Weights { get; init; }

    /// <summary>How a score is explained.</summary>
    public required ExplanationMethod Method { get; init; }

    /// <summary>How the numbers of an explanation were computed.</summary>
    public required ExplanationRoute Route { get; init; }

    /// <summary>The layer; absent for a method that needs none.</summary>
    public string? Layer { get; init; }

    /// <summary>The class's index among the scores, from 0.</summary>
    public required int ClassIndex { get; init; }

    /// <summary>The class's label; absent when the model has no labels.</summary>
    public string? Label { get; init; }

    /// <summary>The class's logit.</summary>
    public required double Score { get; init; }

    /// <summary>The class's probability.</summary>
    public required double Probability { get; init; }

    /// <summary>Sizes of the map.</summary>
    public required IReadOnlyList<int> Shape { get; init; }

    /// <summary>
    /// The map, row-major, at its own resolution. Of CAM methods without what is negative; of the others signed.
    /// </summary>
    public required IReadOnlyList<float> Map { get; init; }

    /// <summary>The least number, before negative ones were cut off.</summary>
    public required double Min { get; init; }

    /// <summary>The greatest number.</summary>
    public required double Max { get; init; }

    /// <summary>The share of the numbers that is above 0.</summary>
    public required double Positive { get; init; }

    /// <summary>Whether the map says nothing: no number is above 0, or all are the same.</summary>
    public required bool Flat { get; init; }

    /// <summary>
    /// The number format that a model computes in. bfloat16 is faster than float32 only on processors with
    /// instructions for it: AMD from Zen 4 on, Intel with AMX.
    /// </summary>
    public required Precision ComputedIn { get; init; }

    /// <summary>Whether attributions sum up to what they explain.</summary>
    public CompletenessResponse? Completeness { get; init; }

    /// <summary>The class's probability while the input is covered and uncovered in the order of the map.</summary>
    public FaithfulnessResponse? Faithfulness { get; init; }

    /// <summary>Of an occlusion: side of the squares that were covered.</summary>
    public int? Window { get; init; }

    /// <summary>Of an occlusion: distance between the squares.</summary>
    public int? Stride { get; init; }

    /// <summary>What to know before this is believed; absent when there is nothing.</summary>
    public IReadOnlyList<string>? Notes { get; init; }
}

/// <summary>How the numbers of an explanation were computed.</summary>
[JsonConverter(typeof(WireEnumConverter<ExplanationRoute>))]
public enum ExplanationRoute
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>closed_form</c>.</summary>
    ClosedForm,

    /// <summary>The value <c>gradients</c>.</summary>
    Gradients,

    /// <summary>The value <c>forward</c>.</summary>
    Forward,
}

/// <summary>Which picture the map is drawn over.</summary>
[JsonConverter(typeof(WireEnumConverter<ExplanationView>))]
public enum ExplanationView
{
    /// <summary>A value that this client does not know.</summary>
    Unknown,

    /// <summary>The value <c>input</c>.</summary>
    Input,

    /// <summary>The value <c>photo</c>.</summary>
    Photo,
}

/// <summary>The class's probability while the input is covered and uncovered in the order of the map.</summary>
public sealed record FaithfulnessResponse
{
    /// <summary>Mean while the places with the highest numbers are covered first: low is good.</summary>
    public required double Deletion { get; init; }

    /// <summary>Mean while they are uncovered first: high is good.</summary>
    public required double Insertion { get; init; }

    /// <summary>In how many steps.</summary>
    public required int Steps { get; init; }
}
