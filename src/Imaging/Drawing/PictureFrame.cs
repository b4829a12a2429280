using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Resampling;

namespace ModelService.Imaging.Drawing;

/// <summary>
/// Where a network's input lies in a photo: a share of the photo's side times the scale plus the offset is the share of
/// the input's side.
/// </summary>
/// <param name="ScaleX">Factor along the width.</param>
/// <param name="OffsetX">Offset along the width.</param>
/// <param name="ScaleY">Factor along the height.</param>
/// <param name="OffsetY">Offset along the height.</param>
public readonly record struct PictureFrame(double ScaleX, double OffsetX, double ScaleY, double OffsetY)
{
    /// <summary>The input itself.</summary>
    public static PictureFrame Whole => new(1, 0, 1, 0);

    /// <summary>The frame of a photo.</summary>
    /// <param name="definition">How it became the input: resize and crop count.</param>
    /// <param name="width">Width of the upright photo, or a number in proportion to it.</param>
    /// <param name="height">Height of the upright photo.</param>
    public static PictureFrame Of(PreprocessingDefinition definition, int width, int height)
    {
        var (across, down) = Geometry.Create(definition, width, height, long.MaxValue);
        return new PictureFrame(Scale(across), Offset(across), Scale(down), Offset(down));
    }

    private static double Scale(Axis axis) => axis.Resized / (double)axis.Output;

    private static double Offset(Axis axis) => (axis.Padding - axis.Start) / (double)axis.Output;
}
