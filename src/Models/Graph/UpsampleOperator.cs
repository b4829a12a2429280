using ModelService.Models.Tensors;

namespace ModelService.Models.Graph;

/// <summary>How numbers between those of an input are found when it is resized.</summary>
public enum UpsampleMode
{
    /// <summary>The nearest one.</summary>
    Nearest,

    /// <summary>On a line between two neighbours, in series.</summary>
    Linear,

    /// <summary>Linear in both dimensions of a picture.</summary>
    Bilinear,

    /// <summary>By cubic polynomials through four neighbours in each dimension of a picture.</summary>
    Bicubic,

    /// <summary>Linear in the three dimensions of a volume.</summary>
    Trilinear,
}

/// <summary>Resizes a series, a picture or a volume.</summary>
/// <param name="Size">Size of each spatial dimension of the output.</param>
/// <param name="Scale">
/// The factor of each side that the size comes from, which then places the numbers; null: the sizes place them.
/// </param>
/// <param name="Mode">How numbers are found.</param>
/// <param name="AlignCorners">Whether the corners of input and output are the same points; not for nearest.</param>
internal sealed record UpsampleOperator(long[] Size, double? Scale, UpsampleMode Mode, bool AlignCorners) : Operator
{
    /// <inheritdoc/>
    public override Shape InferShape() =>
        Input.Shape.Rank == Size.Length + 1
        && Size.All(size => size > 0)
        && Size.Length switch
        {
            1 => Mode is UpsampleMode.Nearest or UpsampleMode.Linear,
            2 => Mode is UpsampleMode.Nearest or UpsampleMode.Bilinear or UpsampleMode.Bicubic,
            3 => Mode is UpsampleMode.Nearest or UpsampleMode.Trilinear,
            _ => false,
        }
            ? new Shape([Input.Shape.Sizes[0], .. Size])
            : throw Misfit();
}
