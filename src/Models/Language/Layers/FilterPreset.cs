using System.Text.Json.Serialization;

namespace ModelService.Models.Language.Layers;

/// <summary>The filters of <c>filter2d</c>.</summary>
public enum FilterPreset
{
    /// <summary>Bright horizontal lines.</summary>
    LineHorizontal,

    /// <summary>Bright vertical lines.</summary>
    LineVertical,

    /// <summary>Bright lines that rise to the right.</summary>
    [JsonStringEnumMemberName("line_diagonal_45")]
    LineDiagonal45,

    /// <summary>Bright lines that fall to the right.</summary>
    [JsonStringEnumMemberName("line_diagonal_135")]
    LineDiagonal135,

    /// <summary>Change from left to right.</summary>
    SobelX,

    /// <summary>Change from top to bottom.</summary>
    SobelY,

    /// <summary>Change in any direction.</summary>
    Laplacian,

    /// <summary>Stronger edges.</summary>
    Sharpen,

    /// <summary>The mean of each 3x3 window.</summary>
    BoxBlur,

    /// <summary>A weighted mean of each 3x3 window, with most weight in the middle.</summary>
    GaussianBlur,

    /// <summary>Light from one corner.</summary>
    Emboss,
}

/// <summary>The kernels of the filters.</summary>
internal static class FilterKernels
{
    /// <summary>The 3x3 kernel, row by row.</summary>
    public static IReadOnlyList<double> Kernel(this FilterPreset preset) =>
        preset switch
        {
            FilterPreset.LineHorizontal => [-1, -1, -1, 2, 2, 2, -1, -1, -1],
            FilterPreset.LineVertical => [-1, 2, -1, -1, 2, -1, -1, 2, -1],
            FilterPreset.LineDiagonal45 => [-1, -1, 2, -1, 2, -1, 2, -1, -1],
            FilterPreset.LineDiagonal135 => [2, -1, -1, -1, 2, -1, -1, -1, 2],
            FilterPreset.SobelX => [-1, 0, 1, -2, 0, 2, -1, 0, 1],
            FilterPreset.SobelY => [-1, -2, -1, 0, 0, 0, 1, 2, 1],
            FilterPreset.Laplacian => [0, 1, 0, 1, -4, 1, 0, 1, 0],
            FilterPreset.Sharpen => [0, -1, 0, -1, 5, -1, 0, -1, 0],
            FilterPreset.BoxBlur => [.. Enumerable.Repeat(1.0 / 9, 9)],
            FilterPreset.GaussianBlur =>
            [
                1 / 16.0,
                2 / 16.0,
                1 / 16.0,
                2 / 16.0,
                4 / 16.0,
                2 / 16.0,
                1 / 16.0,
                2 / 16.0,
                1 / 16.0,
            ],
            FilterPreset.Emboss => [-2, -1, 0, -1, 1, 1, 0, 1, 2],
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "The filter has no kernel."),
        };
}
