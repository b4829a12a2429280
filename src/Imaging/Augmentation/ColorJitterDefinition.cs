using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace ModelService.Imaging.Augmentation;

/// <summary>
/// Changes of the colours by factors at random, in an order at random: torchvision's <c>ColorJitter</c>. A gray picture
/// has no saturation and no hue to change.
/// </summary>
public sealed record ColorJitterDefinition
{
    /// <summary>The factor of the brightness is drawn from 1 - this to 1 + this, and not below 0.</summary>
    [Description("Brightness is multiplied by a factor from 1 - this to 1 + this.")]
    [Range(0.0, 10.0)]
    public double Brightness { get; init; }

    /// <summary>The factor of the contrast is drawn from 1 - this to 1 + this, and not below 0.</summary>
    [Description("Contrast is multiplied by a factor from 1 - this to 1 + this.")]
    [Range(0.0, 10.0)]
    public double Contrast { get; init; }

    /// <summary>The factor of the saturation is drawn from 1 - this to 1 + this, and not below 0.</summary>
    [Description("Saturation is multiplied by a factor from 1 - this to 1 + this.")]
    [Range(0.0, 10.0)]
    public double Saturation { get; init; }

    /// <summary>The hue is turned by -this to this, of a whole turn.</summary>
    [Description("Hue is turned by -this to this, in whole turns.")]
    [Range(0.0, 0.5)]
    public double Hue { get; init; }
}
