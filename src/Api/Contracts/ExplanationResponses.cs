using System.Globalization;
using System.Text.Json.Serialization;
using ModelService.Models.Errors;
using ModelService.Models.Explanation;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Api.Contracts;

/// <summary>The form of an explanation.</summary>
public enum ExplanationOutput
{
    /// <summary>A PNG: the map over the picture.</summary>
    Overlay,

    /// <summary>A PNG: the map alone.</summary>
    Heat,

    /// <summary>The numbers as JSON.</summary>
    Json,

    /// <summary>The numbers as a safetensors file, with the other figures in its metadata.</summary>
    Safetensors,
}

/// <summary>The form of feature maps and filters.</summary>
public enum FeatureOutput
{
    /// <summary>A PNG with a tile for each channel.</summary>
    Grid,

    /// <summary>Figures of each channel as JSON.</summary>
    Json,

    /// <summary>The numbers as a safetensors file.</summary>
    Safetensors,
}

/// <summary>An explanation of a score.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The number of the version.</param>
/// <param name="Weights">Origin of the version's weights; those of random weights explain nothing.</param>
/// <param name="Method">The method.</param>
/// <param name="Route">
/// How it was computed: in closed form (a mean and a linear layer follow the layer), with gradients, or forward only.
/// </param>
/// <param name="Layer">The layer; absent for a method that needs none.</param>
/// <param name="ClassIndex">The class's index among the scores, from 0.</param>
/// <param name="Label">The class's label; absent when the model has no labels.</param>
/// <param name="Score">The class's logit.</param>
/// <param name="Probability">The class's probability.</param>
/// <param name="Shape">Sizes of the map.</param>
/// <param name="Map">
/// The map, row-major, at its own resolution. Of CAM methods without what is negative; of the others signed.
/// </param>
/// <param name="Min">The least number, before negative ones were cut off.</param>
/// <param name="Max">The greatest number.</param>
/// <param name="Positive">The share of the numbers that is above 0.</param>
/// <param name="Flat">Whether the map says nothing: no number is above 0, or all are the same.</param>
/// <param name="ComputedIn">The number format that it was computed in, whatever the version predicts in.</param>
public sealed record ExplanationResponse(
    string Model,
    int Version,
    WeightsState Weights,
    ExplanationMethod Method,
    ExplanationRoute Route,
    string? Layer,
    int ClassIndex,
    string? Label,
    double Score,
    double Probability,
    IReadOnlyList<int> Shape,
    float[] Map,
    double Min,
    double Max,
    double Positive,
    bool Flat,
    Precision ComputedIn
)
{
    /// <summary>Of Integrated Gradients: whether the map sums up to what it explains.</summary>
    public CompletenessResponse? Completeness { get; init; }

    /// <summary>Whether the map can be trusted; absent unless <c>faithfulness=true</c>.</summary>
    public FaithfulnessResponse? Faithfulness { get; init; }

    /// <summary>Of an occlusion: side of the squares that were covered.</summary>
    public int? Window { get; init; }

    /// <summary>Of an occlusion: distance between the squares.</summary>
    public int? Stride { get; init; }

    /// <summary>What to know before this is believed; absent when there is nothing.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<string>? Notes { get; init; }

    internal static ExplanationResponse Create(ExplanationResult result) =>
        new(
            result.Source.Model,
            result.Source.Version,
            result.Source.Weights,
            result.Method,
            result.Route,
            result.Layer,
            result.Class,
            result.Label,
            result.Score,
            result.Probability,
            result.Map.Sizes,
            result.Map.Values,
            result.Min,
            result.Max,
            result.Positive,
            result.IsFlat,
            Precision.Float32
        )
        {
            Completeness = result.Completeness is { } sums
                ? new CompletenessResponse(sums.Sum, sums.Difference, sums.Delta)
                : null,
            Faithfulness = result.Faithfulness is { } areas
                ? new FaithfulnessResponse(areas.Deletion, areas.Insertion, areas.Steps)
                : null,
            Window = result.Grid?.Window,
            Stride = result.Grid?.Stride,
            Notes = FindNotes(result).ToList() is { Count: > 0 } notes ? notes : null,
        };

    /// <summary>All but the map as strings, for a file's metadata.</summary>
    internal static Dictionary<string, string> Describe(ExplanationResult result) =>
        new()
        {
            ["model"] = result.Source.Model,
            ["version"] = Text(result.Source.Version),
            ["method"] = WireNames.Get(result.Method),
            ["layer"] = result.Layer ?? "",
            ["class_index"] = Text(result.Class),
            ["label"] = result.Label ?? "",
            ["score"] = Text(result.Score),
            ["min"] = Text(result.Min),
            ["max"] = Text(result.Max),
            ["positive"] = Text(result.Positive),
            ["flat"] = result.IsFlat ? "true" : "false",
            ["computed_in"] = WireNames.Get(Precision.Float32),
        };

    private static IEnumerable<string> FindNotes(ExplanationResult result)
    {
        if (result.Source.Precision != Precision.Float32)
        {
            yield return $"The version predicts in {WireNames.Get(result.Source.Precision)}; it is explained by its "
                + "float32 parameters, whose scores differ a little.";
        }

        if (result.Source.Weights != WeightsState.Loaded)
            yield return "Some or all of the weights are random: the explanation means nothing.";
        if (result.IsFlat)
        {
            yield return "The map is flat: nothing at this layer lifts the score. Try another layer, or "
                + "method=occlusion, which needs no gradients.";
        }
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>Whether attributions sum up to what they explain.</summary>
/// <param name="Sum">The sum of the map.</param>
/// <param name="Difference">The class's logit for the input minus that for an input of zeros.</param>
/// <param name="Delta">The first minus the second; more steps make it smaller.</param>
public sealed record CompletenessResponse(double Sum, double Difference, double Delta);

/// <summary>The class's probability while the input is covered and uncovered in the order of the map.</summary>
/// <param name="Deletion">Mean while the places with the highest numbers are covered first: low is good.</param>
/// <param name="Insertion">Mean while they are uncovered first: high is good.</param>
/// <param name="Steps">In how many steps.</param>
public sealed record FaithfulnessResponse(double Deletion, double Insertion, int Steps);

/// <summary>Channels of a layer, or filters of a convolution.</summary>
/// <param name="Model">The model's name; absent for a network that is no model.</param>
/// <param name="Version">The number of the version; absent for a network that is no model.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Total">Number of all its channels or filters.</param>
/// <param name="First">Number of the first one here.</param>
/// <param name="Shape">Sizes of those that are here, together.</param>
/// <param name="Statistics">Figures of each one.</param>
public sealed record FeatureResponse(
    string? Model,
    int? Version,
    string Layer,
    int Total,
    int First,
    IReadOnlyList<int> Shape,
    IReadOnlyList<ChannelResponse> Statistics
)
{
    internal static FeatureResponse Create(FeatureResult result) =>
        new(
            result.Source?.Model,
            result.Source?.Version,
            result.Layer,
            result.Total,
            result.First,
            result.Values.Sizes,
            [
                .. result.Statistics.Select(item => new ChannelResponse(
                    item.Mean,
                    item.Std,
                    item.Min,
                    item.Max,
                    item.Zero
                )),
            ]
        );
}

/// <summary>Figures of a channel or filter.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Std">Standard deviation, divided by n.</param>
/// <param name="Min">Least number.</param>
/// <param name="Max">Greatest number.</param>
/// <param name="Zero">The share of its numbers that is exactly 0: 1 for a dead channel.</param>
public sealed record ChannelResponse(double Mean, double Std, double Min, double Max, double Zero);
