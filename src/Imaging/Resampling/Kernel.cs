using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Resampling;

/// <summary>A resize filter, as in Pillow's Resample.c.</summary>
/// <param name="Support">Radius in pixels, beyond which the weight is 0.</param>
/// <param name="Weight">Gives the weight at a distance from the centre, in pixels.</param>
internal sealed record Kernel(double Support, Func<double, double> Weight)
{
    /// <summary>Creates the filter of an interpolation.</summary>
    /// <param name="interpolation">Any but <see cref="Interpolation.Nearest"/>.</param>
    public static Kernel From(Interpolation interpolation) =>
        interpolation switch
        {
            Interpolation.Bilinear => new Kernel(1, Triangle),
            Interpolation.Bicubic => new Kernel(2, Cubic),
            Interpolation.Lanczos => new Kernel(3, x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0),
            _ => throw new ArgumentOutOfRangeException(nameof(interpolation), interpolation, "Not a resize filter."),
        };

    private static double Triangle(double x) => Math.Max(1 - Math.Abs(x), 0);

    private static double Cubic(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        return x switch
        {
            < 1 => ((((A + 2) * x) - (A + 3)) * x * x) + 1,
            < 2 => ((((x - 5) * x) + 8) * x - 4) * A,
            _ => 0,
        };
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}
