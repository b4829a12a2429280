using ModelService.Imaging.Drawing;

namespace ModelService.Models.Explanation;

/// <summary>The picture that an explanation is drawn as.</summary>
public enum ExplanationPicture
{
    /// <summary>None.</summary>
    None,

    /// <summary>The map over the picture.</summary>
    Overlay,

    /// <summary>The map alone.</summary>
    Heat,
}

/// <summary>Which picture the map is drawn over.</summary>
public enum ExplanationView
{
    /// <summary>The picture as the network saw it.</summary>
    Input,

    /// <summary>The whole photo, with what the network did not see darker.</summary>
    Photo,
}

/// <summary>What is to be explained, and how.</summary>
/// <param name="Method">The method.</param>
/// <param name="Class"><c>top</c>, a label or an index.</param>
/// <param name="Layer">The layer's path; null: the last one with places before the head.</param>
/// <param name="Steps">Of Integrated Gradients: points along the line.</param>
/// <param name="Window">Of an occlusion: side of a square; null: by the input's size.</param>
/// <param name="Stride">Of an occlusion: distance between squares; null: half of the side.</param>
/// <param name="WithFaithfulness">Whether the map is checked by covering and uncovering the input.</param>
/// <param name="Picture">The picture that is drawn.</param>
/// <param name="View">What it is drawn over.</param>
/// <param name="WithLegend">Whether a bar beside it says what the colours mean.</param>
/// <param name="Timeout">Time from now to the deadline; null: that of the server.</param>
public sealed record ExplanationTerms(
    ExplanationMethod Method = ExplanationMethod.GradCam,
    string Class = ExplanationTerms.TopClass,
    string? Layer = null,
    int Steps = 32,
    int? Window = null,
    int? Stride = null,
    bool WithFaithfulness = false,
    ExplanationPicture Picture = ExplanationPicture.None,
    ExplanationView View = ExplanationView.Input,
    bool WithLegend = false,
    TimeSpan? Timeout = null
)
{
    /// <summary>The class with the highest score.</summary>
    public const string TopClass = "top";
}

/// <summary>Which channels of a layer, or filters of a convolution, are shown and how.</summary>
/// <param name="First">The first one.</param>
/// <param name="Count">How many, at most.</param>
/// <param name="IsDrawn">Whether a picture is drawn.</param>
/// <param name="IsShared">Whether all of them have one scale; else each one has its own.</param>
/// <param name="Colors">The colours.</param>
/// <param name="WithLegend">With one scale: whether a bar beside them says what the colours mean.</param>
/// <param name="Timeout">Time from now to the deadline; null: that of the server.</param>
public sealed record FeatureTerms(
    int First = 0,
    int Count = 64,
    bool IsDrawn = false,
    bool IsShared = false,
    ColorScale Colors = ColorScale.Viridis,
    bool WithLegend = false,
    TimeSpan? Timeout = null
);
