using System.Globalization;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Augmentation;

/// <summary>The rules that an <see cref="AugmentationDefinition"/> must keep to be drawn from.</summary>
internal static class AugmentationRules
{
    // Sides of a box are at most as different as those of the narrowest picture.
    private const double MaxRatio = ImagingOptions.MaxSide;
    private const double MaxSigma = 1000;

    /// <summary>Checks a definition against every rule.</summary>
    /// <param name="definition">The definition.</param>
    /// <returns>Every fault found.</returns>
    public static IEnumerable<PreprocessingFault> Check(AugmentationDefinition definition) =>
        [
            .. CheckInterval("/random_resized_crop/scale", definition.RandomResizedCrop?.Scale, 0, 1),
            .. CheckInterval("/random_resized_crop/ratio", definition.RandomResizedCrop?.Ratio, 0, MaxRatio),
            .. CheckNumber("/horizontal_flip", definition.HorizontalFlip, 1),
            .. CheckNumber("/vertical_flip", definition.VerticalFlip, 1),
            .. CheckNumber("/rotation", definition.Rotation, 180),
            .. CheckNumber("/color_jitter/brightness", definition.ColorJitter?.Brightness, 10),
            .. CheckNumber("/color_jitter/contrast", definition.ColorJitter?.Contrast, 10),
            .. CheckNumber("/color_jitter/saturation", definition.ColorJitter?.Saturation, 10),
            .. CheckNumber("/color_jitter/hue", definition.ColorJitter?.Hue, 0.5),
            .. CheckKernel("/blur/kernel_size", definition.Blur?.KernelSize),
            .. CheckInterval("/blur/sigma", definition.Blur?.Sigma, 0, MaxSigma),
            .. CheckNumber("/blur/p", definition.Blur?.P, 1),
            .. CheckNumber("/erase", definition.Erase, 1),
        ];

    private static IEnumerable<PreprocessingFault> CheckInterval(
        string pointer,
        IReadOnlyList<double>? interval,
        double above,
        double most
    )
    {
        if (interval is not null && !(interval is [var low, var high] && low > above && low <= high && high <= most))
        {
            yield return Fault(
                pointer,
                $"Found [{string.Join(", ", interval.Select(Text))}]; needed: the least and the greatest of a range, "
                    + $"above {Text(above)} and at most {Text(most)}."
            );
        }
    }

    private static IEnumerable<PreprocessingFault> CheckNumber(string pointer, double? number, double most)
    {
        if (number is { } value && !(value >= 0 && value <= most))
            yield return Fault(pointer, $"Found {Text(value)}; 0 to {Text(most)} are allowed.");
    }

    private static IEnumerable<PreprocessingFault> CheckKernel(string pointer, int? side)
    {
        if (side is < 3 or > 63 || side % 2 == 0)
            yield return Fault(pointer, $"Found {side}; an odd number from 3 to 63 is needed.");
    }

    private static PreprocessingFault Fault(string pointer, string detail) => new(pointer, detail);

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
