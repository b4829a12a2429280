using System.Buffers;
using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Augmentation;

/// <summary>Changes pictures as a plan says, and normalises them. Thread-safe.</summary>
public static class Augmenter
{
    // Most channels of a picture; what comes from outside of a turned picture is black.
    private static readonly byte[] Black = new byte[3];

    /// <summary>Changes a picture.</summary>
    /// <param name="picture">
    /// The picture. Of one that is not cropped (<see cref="AugmentationDefinition.NeedsWholePicture"/>), the pixels
    /// that the network sees: <see cref="Preprocessor.Prepare"/>. Otherwise more of it:
    /// <see cref="Preprocessor.Shrink"/>.
    /// </param>
    /// <param name="plan">What happens to the picture; drawn for its size.</param>
    /// <param name="preprocessing">The interpolation, and how the result is normalised.</param>
    /// <param name="destination">Receives <c>[C, H, W]</c>; exactly as many numbers.</param>
    public static void Apply(
        Bitmap picture,
        AugmentationPlan plan,
        PreprocessingDefinition preprocessing,
        Span<float> destination
    )
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(preprocessing);
        var size = (plan.Height, plan.Width, picture.Channels);
        var length = checked(plan.Height * plan.Width * picture.Channels);
        var (first, second) = (ArrayPool<byte>.Shared.Rent(length), ArrayPool<byte>.Shared.Rent(length));
        try
        {
            var pixels = first.AsSpan(0, length);
            ResizedCrop.Run(picture, plan.Crop, plan.Height, plan.Width, preprocessing.Interpolation, pixels);
            if (plan.HorizontalFlip)
                Flip.Horizontal(pixels, size);
            if (plan.VerticalFlip)
                Flip.Vertical(pixels, size);
            foreach (var change in plan.Colors)
                ColorOperations.Apply(change, pixels, picture.Channels);
            if (plan.BlurSize > 0)
            {
                var filter = (plan.BlurSize, plan.BlurSigma);
                GaussianBlur.Run(pixels, size, filter, filter);
            }

            if (plan.Rotation != 0)
            {
                var turned = second.AsSpan(0, length);
                Rotation.Run(pixels, size, plan.Rotation, Black, turned);
                pixels = turned;
            }

            Preprocessor.Normalize(pixels, preprocessing, destination);
            if (plan.Erased is { } box)
                Erase(destination, size, box, stackalloc float[picture.Channels]);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
            ArrayPool<byte>.Shared.Return(second);
        }
    }

    /// <summary>Sets a box of the planes to a number for each channel.</summary>
    /// <param name="planes">The planes <c>[C, H, W]</c>.</param>
    /// <param name="size">Their height, width and number.</param>
    /// <param name="box">The box.</param>
    /// <param name="values">The number of each channel.</param>
    internal static void Erase(
        Span<float> planes,
        (int Height, int Width, int Channels) size,
        PixelBox box,
        ReadOnlySpan<float> values
    )
    {
        for (var channel = 0; channel < size.Channels; channel++)
        {
            for (var y = box.Top; y < box.Top + box.Height; y++)
            {
                var row = (channel * size.Height) + y;
                planes.Slice((row * size.Width) + box.Left, box.Width).Fill(values[channel]);
            }
        }
    }
}
