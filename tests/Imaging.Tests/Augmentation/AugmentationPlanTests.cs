using CsCheck;
using ModelService.Imaging.Augmentation;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Augmentation;

/// <summary>What holds for any picture, any seed and any augmentation.</summary>
public sealed class AugmentationPlanTests
{
    private static readonly Gen<int> Channels = Pick(1, 3);
    private static readonly Gen<int> Side = Gen.OneOf(Gen.Int[1, 40], Gen.Const(600));

    private static readonly AugmentationDefinition Everything = AugmentationDefinition.Strong with
    {
        VerticalFlip = 0.5,
        Blur = new BlurDefinition(),
    };

    private static readonly Gen<AugmentationDefinition> Definition = Pick(
        AugmentationDefinition.None,
        AugmentationDefinition.Light,
        AugmentationDefinition.Strong,
        AugmentationDefinition.Characters,
        Everything
    );

    [Fact]
    public void Draw_AnySize_StaysWithinThePictureAndTheResult() =>
        Gen.Select(Side, Side, Gen.Select(Side, Side), Definition, Gen.Long)
            .ForEach(
                300,
                drawn =>
                {
                    var (height, width, result, definition, seed) = drawn;

                    var plan = Draw(definition, (height, width), result, seed);

                    AssertWithin(plan.Crop, height, width, 1);
                    if (plan.Erased is { } box)
                        AssertWithin(box, result.Item1, result.Item2, 0);
                }
            );

    [Fact]
    public void Apply_AnySize_IsFiniteAndTheSameAgain() =>
        Gen.Select(Side, Side, Gen.Int[1, 30], Channels, Definition, Gen.Long)
            .ForEach(
                200,
                drawn =>
                {
                    var (height, width, target, channels, definition, seed) = drawn;
                    var pixels = new byte[height * width * channels];
                    new Random((int)seed).NextBytes(pixels);
                    var picture = new Bitmap(width, height, channels, pixels);

                    var first = Apply(picture, definition, target, seed);
                    var second = Apply(picture, definition, target, seed);

                    Assert.All(first, number => Assert.True(float.IsFinite(number)));
                    Assert.Equal(first, second);
                }
            );

    [Fact]
    public void Draw_OtherSeedEpochOrImage_IsAnother()
    {
        var plans =
            from random in new AugmentationRandom[]
            {
                new(1, 2, "a"),
                new(2, 2, "a"),
                new(1, 3, "a"),
                new(1, 2, "b"),
                new(2, 1, "a"),
            }
            select AugmentationPlan.Draw(Everything, (100, 100), (50, 50), random).Crop;

        Assert.Equal(5, plans.Distinct().Count());
    }

    [Fact]
    public void NextBits_KnownSeed_AreTheSameOnEveryMachine()
    {
        var random = new AugmentationRandom(1, 2, "image");

        Assert.Equal(
            [9_267_872_882_888_083_496UL, 8_228_355_494_029_887_287UL, 4_578_986_492_920_479_671UL],
            new[] { random.NextBits(), random.NextBits(), random.NextBits() }
        );
    }

    [Fact]
    public void Draw_ManyPictures_HasTheSharesAndRangesOfTheDefinition()
    {
        const int Count = 4000;
        var plans = Enumerable
            .Range(0, Count)
            .Select(i => AugmentationPlan.Draw(Everything, (200, 300), (64, 64), new AugmentationRandom(1, 1, $"{i}")))
            .ToList();

        Assert.InRange(plans.Average(plan => plan.HorizontalFlip ? 1 : 0), 0.47, 0.53);
        Assert.InRange(plans.Average(plan => plan.VerticalFlip ? 1 : 0), 0.47, 0.53);
        Assert.InRange(plans.Average(plan => plan.Erased is null ? 0 : 1), 0.22, 0.28);
        Assert.InRange(plans.Average(plan => plan.BlurSize > 0 ? 1 : 0), 0.47, 0.53);
        Assert.InRange(plans.Average(plan => plan.Rotation), -0.5, 0.5);
        Assert.All(plans, plan => Assert.InRange(plan.Rotation, -15, 15));
        Assert.All(plans, plan => Assert.InRange(plan.Crop.Height * plan.Crop.Width / 60_000.0, 0.34, 1));
        Assert.All(plans, plan => Assert.InRange((double)plan.Crop.Width / plan.Crop.Height, 0.73, 1.36));
        Assert.InRange(plans.Min(plan => plan.Crop.Height * plan.Crop.Width / 60_000.0), 0.34, 0.36);
        Assert.InRange(plans.Max(plan => plan.Crop.Height * plan.Crop.Width / 60_000.0), 0.85, 1);
        Assert.Equal(24, plans.Select(plan => string.Join(',', plan.Colors.Select(c => c.Quality))).Distinct().Count());
        foreach (var change in plans.SelectMany(plan => plan.Colors))
        {
            var (least, most) = change.Quality == ColorQuality.Hue ? (-0.1, 0.1) : (0.6, 1.4);
            Assert.InRange(change.Factor, least, most);
        }
    }

    [Fact]
    public void Flip_Twice_ChangesNothing() =>
        Gen.Select(Side, Side, Channels)
            .SelectMany(
                (height, width, channels) =>
                    Gen.Byte.Array[height * width * channels].Select(pixels => ((height, width, channels), pixels))
            )
            .Hold(drawn =>
            {
                var (size, pixels) = drawn;
                var flipped = pixels.ToArray();
                Flip.Horizontal(flipped, size);
                Flip.Vertical(flipped, size);
                Flip.Horizontal(flipped, size);
                Flip.Vertical(flipped, size);
                return flipped.SequenceEqual(pixels);
            });

    [Fact]
    public void Apply_GrayPicture_IsTheGrayOfTheSameInColour()
    {
        var gray = new byte[40 * 50];
        TestSeed.Generator().NextBytes(gray);
        var rgb = gray.SelectMany(value => new[] { value, value, value }).ToArray();

        var one = Apply(new Bitmap(50, 40, 1, gray), Everything, 32, 5);
        var three = Apply(new Bitmap(50, 40, 3, rgb), Everything, 32, 5);

        Assert.Equal(three, one.Concat(one).Concat(one));
    }

    private static Gen<T> Pick<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(i => items[i]);

    private static AugmentationPlan Draw(
        AugmentationDefinition definition,
        (int Height, int Width) picture,
        (int Height, int Width) result,
        long seed
    ) => AugmentationPlan.Draw(definition, picture, result, new AugmentationRandom(seed, 0, "image"));

    private static float[] Apply(Bitmap picture, AugmentationDefinition definition, int side, long seed)
    {
        var plan = Draw(definition, (picture.Height, picture.Width), (side, side), seed);
        var planes = new float[picture.Channels * side * side];
        Augmenter.Apply(picture, plan, PreprocessingDefinition.Unit(picture.Channels, side, side), planes);
        return planes;
    }

    private static void AssertWithin(PixelBox box, int height, int width, int least)
    {
        Assert.InRange(box.Height, least, height);
        Assert.InRange(box.Width, least, width);
        Assert.InRange(box.Top, 0, height - box.Height);
        Assert.InRange(box.Left, 0, width - box.Width);
    }
}
