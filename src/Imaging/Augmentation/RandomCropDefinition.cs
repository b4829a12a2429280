using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// A box of the picture at random, resized to the network's input: torchvision's <c>RandomResizedCrop</c>.
/// </summary>
public sealed record RandomCropDefinition
{
    /// <summary>Least and greatest share of the picture's area.</summary>
    [Description("Least and greatest share of the picture's area, above 0 and at most 1.")]
    [MinLength(2)]
    [MaxLength(2)]
    public IReadOnlyList<double> Scale { get; init; } = [0.08, 1];

    /// <summary>Least and greatest width divided by height.</summary>
    [Description("Least and greatest ratio of the box's width to its height, before the resize.")]
    [MinLength(2)]
    [MaxLength(2)]
    public IReadOnlyList<double> Ratio { get; init; } = [3 / 4.0, 4 / 3.0];

    /// <summary>Whether another definition has equal numbers.</summary>
    /// <param name="other">The other definition.</param>
    public bool Equals(RandomCropDefinition? other) =>
        other is not null && Scale.SequenceEqual(other.Scale) && Ratio.SequenceEqual(other.Ratio);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Scale[0], Ratio[0]);
}
