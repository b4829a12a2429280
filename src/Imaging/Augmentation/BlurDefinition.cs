using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Augmentation;

/// <summary>A blur of a strength at random: torchvision's <c>GaussianBlur</c>.</summary>
public sealed record BlurDefinition
{
    /// <summary>Side of the filter, in pixels; odd.</summary>
    [Description("Side of the filter, in pixels; odd.")]
    [Range(3, 63)]
    public int KernelSize { get; init; } = 5;

    /// <summary>Least and greatest standard deviation, in pixels.</summary>
    [Description("Least and greatest standard deviation, in pixels.")]
    [MinLength(2)]
    [MaxLength(2)]
    public IReadOnlyList<double> Sigma { get; init; } = [0.1, 2];

    /// <summary>Share of the pictures that are blurred.</summary>
    [Description("Share of the pictures that are blurred.")]
    [Range(0.0, 1.0)]
    public double P { get; init; } = 0.5;

    /// <summary>Whether another definition has equal numbers.</summary>
    /// <param name="other">The other definition.</param>
    public bool Equals(BlurDefinition? other) =>
        other is not null && (KernelSize, P) == (other.KernelSize, other.P) && Sigma.SequenceEqual(other.Sigma);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(KernelSize, P, Sigma[0]);
}
