namespace ModelService.Imaging.Augmentation;

/// <summary>What happens to one picture once: an <see cref="AugmentationDefinition"/> with its chances drawn.</summary>
public sealed record AugmentationPlan
{
    // As in torchvision: a box that doesn't fit is drawn anew, so often at most.
    private const int Tries = 10;
    private const int Qualities = 4;

    private static readonly (double Least, double Greatest) EraseScale = (0.02, 0.33);
    private static readonly (double Least, double Greatest) EraseRatio = (0.3, 3.3);

    /// <summary>Height of the result, in pixels.</summary>
    public required int Height { get; init; }

    /// <summary>Width of the result, in pixels.</summary>
    public required int Width { get; init; }

    /// <summary>The part of the picture that is resized to the result.</summary>
    public required PixelBox Crop { get; init; }

    /// <summary>Whether it is mirrored, left for right.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>Whether it is mirrored, top for bottom.</summary>
    public bool VerticalFlip { get; init; }

    /// <summary>Changes of the colours, in their order.</summary>
    public IReadOnlyList<ColorChange> Colors { get; init; } = [];

    /// <summary>Side of the blur's filter, in pixels; 0: no blur.</summary>
    public int BlurSize { get; init; }

    /// <summary>Standard deviation of the blur, in pixels.</summary>
    public double BlurSigma { get; init; }

    /// <summary>Turn counter-clockwise, in degrees.</summary>
    public double Rotation { get; init; }

    /// <summary>The part of the result that is set to 0, after the normalisation; null: none.</summary>
    public PixelBox? Erased { get; init; }

    /// <summary>Draws what happens to a picture.</summary>
    /// <param name="definition">The augmentation, without faults.</param>
    /// <param name="picture">Height and width of the picture, in pixels.</param>
    /// <param name="result">Height and width of the result, in pixels.</param>
    /// <param name="random">The random numbers.</param>
    public static AugmentationPlan Draw(
        AugmentationDefinition definition,
        (int Height, int Width) picture,
        (int Height, int Width) result,
        AugmentationRandom random
    )
    {
        ArgumentNullException.ThrowIfNull(definition);
        ArgumentNullException.ThrowIfNull(random);

        // The initialisers run in this order, which is part of what a seed means.
        var plan = new AugmentationPlan
        {
            Height = result.Height,
            Width = result.Width,
            Crop = definition.RandomResizedCrop is { } crop
                ? DrawCrop(crop, picture, random)
                : new PixelBox(0, 0, picture.Height, picture.Width),
            HorizontalFlip = random.Chance(definition.HorizontalFlip),
            VerticalFlip = random.Chance(definition.VerticalFlip),
            Colors = definition.ColorJitter is { } jitter ? DrawColors(jitter, random) : [],
            Rotation = random.Uniform(-definition.Rotation, definition.Rotation),
            Erased = random.Chance(definition.Erase) ? DrawErased(result, random) : null,
        };
        return definition.Blur is { } blur && random.Chance(blur.P)
            ? plan with
            {
                BlurSize = blur.KernelSize,
                BlurSigma = random.Uniform(blur.Sigma[0], blur.Sigma[1]),
            }
            : plan;
    }

    // RandomResizedCrop.get_params of torchvision.
    private static PixelBox DrawCrop(
        RandomCropDefinition definition,
        (int Height, int Width) picture,
        AugmentationRandom random
    )
    {
        var (height, width) = picture;
        var (least, greatest) = (definition.Ratio[0], definition.Ratio[1]);
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)height * width * random.Uniform(definition.Scale[0], definition.Scale[1]);
            var ratio = Math.Exp(random.Uniform(Math.Log(least), Math.Log(greatest)));
            var (w, h) = (Math.Round(Math.Sqrt(area * ratio)), Math.Round(Math.Sqrt(area / ratio)));
            if (w >= 1 && w <= width && h >= 1 && h <= height)
                return Place((int)h, (int)w, picture, random);
        }

        var (cropHeight, cropWidth) = ((double)width / height) switch
        {
            var ratio when ratio < least => (Math.Max((int)Math.Round(width / least), 1), width),
            var ratio when ratio > greatest => (height, Math.Max((int)Math.Round(height * greatest), 1)),
            _ => (height, width),
        };
        return new PixelBox((height - cropHeight) / 2, (width - cropWidth) / 2, cropHeight, cropWidth);
    }

    // RandomErasing.get_params of torchvision.
    private static PixelBox? DrawErased((int Height, int Width) result, AugmentationRandom random)
    {
        var (height, width) = result;
        for (var i = 0; i < Tries; i++)
        {
            var area = (double)height * width * random.Uniform(EraseScale.Least, EraseScale.Greatest);
            var ratio = Math.Exp(random.Uniform(Math.Log(EraseRatio.Least), Math.Log(EraseRatio.Greatest)));
            var (h, w) = (Math.Round(Math.Sqrt(area * ratio)), Math.Round(Math.Sqrt(area / ratio)));
            if (h < height && w < width)
                return Place((int)h, (int)w, result, random);
        }

        return null;
    }

    private static PixelBox Place(int height, int width, (int Height, int Width) within, AugmentationRandom random)
    {
        var top = random.NextBelow(within.Height - height + 1);
        return new PixelBox(top, random.NextBelow(within.Width - width + 1), height, width);
    }

    // ColorJitter.get_params of torchvision.
    private static List<ColorChange> DrawColors(ColorJitterDefinition definition, AugmentationRandom random)
    {
        var order = Enumerable.Range(0, Qualities).ToArray();
        for (var i = order.Length - 1; i > 0; i--)
        {
            var other = random.NextBelow(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        double?[] factors =
        [
            Factor(definition.Brightness),
            Factor(definition.Contrast),
            Factor(definition.Saturation),
            definition.Hue > 0 ? random.Uniform(-definition.Hue, definition.Hue) : null,
        ];
        return
        [
            .. from quality in order
            where factors[quality] is not null
            select new ColorChange((ColorQuality)quality, factors[quality]!.Value),
        ];

        double? Factor(double spread) => spread > 0 ? random.Uniform(Math.Max(1 - spread, 0), 1 + spread) : null;
    }
}
