using ModelService.Imaging.Preprocessing;

namespace ModelService.Imaging.Tests.Preprocessing;

public sealed class PreprocessingDefinitionTests
{
    private static readonly PreprocessingDefinition Good = PreprocessingDefinition.ImageNet;

    public static TheoryData<PreprocessingDefinition, string, string> Faults { get; } =
        new()
        {
            {
                Good with
                {
                    Resize = new ResizeDefinition(),
                },
                "/resize",
                "Found none of shorter_side, height and width; give either shorter_side, or height and width."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { Height = 3 },
                },
                "/resize",
                "Found height without width; give either shorter_side, or height and width."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { Width = 3 },
                },
                "/resize",
                "Found width without height; give either shorter_side, or height and width."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { Width = 3, ShorterSide = 3 },
                },
                "/resize",
                "Found shorter_side together with a height or width; give either shorter_side, or height and width."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { ShorterSide = 0 },
                },
                "/resize/shorter_side",
                "Found 0 pixels; 1 to 65,535 are allowed."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { Height = 70_000, Width = 1 },
                },
                "/resize/height",
                "Found 70000 pixels; 1 to 65,535 are allowed."
            },
            {
                Good with
                {
                    Resize = new ResizeDefinition { Height = 1, Width = -1 },
                },
                "/resize/width",
                "Found -1 pixels; 1 to 65,535 are allowed."
            },
            {
                Good with
                {
                    CenterCrop = new CropDefinition { Height = 0, Width = 1 },
                },
                "/center_crop/height",
                "Found 0 pixels; 1 to 65,535 are allowed."
            },
            {
                Good with
                {
                    CenterCrop = new CropDefinition { Height = 1, Width = 0 },
                },
                "/center_crop/width",
                "Found 0 pixels; 1 to 65,535 are allowed."
            },
            {
                Good with
                {
                    Interpolation = (Interpolation)9,
                },
                "/interpolation",
                "Found 9; Bilinear, Bicubic, Nearest, Lanczos are allowed."
            },
            { Good with { Channels = (ColorChannels)9 }, "/channels", "Found 9; Rgb, Grayscale are allowed." },
            { Good with { Alpha = (AlphaHandling)9 }, "/alpha", "Found 9; Drop, White, Black are allowed." },
            { Good with { ColorProfile = (ColorProfile)9 }, "/color_profile", "Found 9; Ignore, Srgb are allowed." },
            { Good with { Scale = 0 }, "/scale", "Found 0; needed: a finite number other than 0." },
            { Good with { Scale = double.NaN }, "/scale", "Found NaN; needed: a finite number other than 0." },
            { Good with { Mean = [1, 2] }, "/mean", "Found 2 numbers; needed: 3, one per channel (Rgb)." },
            {
                Good with
                {
                    Mean = [1, double.PositiveInfinity, 2],
                },
                "/mean/1",
                "Found Infinity; needed: a finite number."
            },
            { Good with { Std = [] }, "/std", "Found 0 numbers; needed: 3, one per channel (Rgb)." },
            { Good with { Std = [1, 0, 1] }, "/std/1", "Found 0; needed: a finite number above 0." },
            { Good with { Std = [1, 1, 1e-300] }, "/std/2", "Found 1E-300; needed: a finite number above 0." },
            {
                Good with
                {
                    Mean = null,
                    Channels = ColorChannels.Grayscale,
                },
                "/std",
                "Found 3 numbers; needed: 1, one per channel (Grayscale)."
            },
        };

    [Theory]
    [MemberData(nameof(Faults), DisableDiscoveryEnumeration = true)]
    public void Validate_OneFault_IsFoundWithItsPlace(
        PreprocessingDefinition definition,
        string pointer,
        string detail
    ) => Assert.Equal([new PreprocessingFault(pointer, detail)], definition.Validate());

    [Fact]
    public void Validate_SeveralFaults_AreAllFound()
    {
        var definition = Good with
        {
            Scale = 0,
            Std = [-1, 1],
            Resize = new ResizeDefinition { Height = -5 },
        };

        Assert.Equal(
            ["/resize", "/resize/height", "/scale", "/std", "/std/0"],
            definition.Validate().Select(fault => fault.Pointer)
        );
    }

    [Fact]
    public void Validate_Presets_HaveNoFaults() =>
        Assert.All(
            [Good, PreprocessingDefinition.Unit(1, 28, 28), PreprocessingDefinition.Raw(3, 32, 40), new()],
            definition => Assert.Empty(definition.Validate())
        );

    [Fact]
    public void OutputSize_CropOrFixedResize_IsKnown()
    {
        Assert.Equal((224, 224), Good.OutputSize);
        Assert.Equal((28, 30), PreprocessingDefinition.Unit(1, 28, 30).OutputSize);
        Assert.Null((Good with { CenterCrop = null }).OutputSize);
        Assert.Null(new PreprocessingDefinition().OutputSize);
    }

    [Fact]
    public void Unit_Channels_ChooseTheColours()
    {
        Assert.Equal(
            (1, ColorChannels.Grayscale),
            (PreprocessingDefinition.Unit(1, 2, 3).ChannelCount, PreprocessingDefinition.Unit(1, 2, 3).Channels)
        );
        Assert.Equal(
            (3, ColorChannels.Rgb),
            (PreprocessingDefinition.Raw(3, 2, 3).ChannelCount, PreprocessingDefinition.Raw(3, 2, 3).Channels)
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => PreprocessingDefinition.Unit(4, 2, 3));
    }

    [Fact]
    public void Equals_SameNumbersInOtherLists_AreEqual()
    {
        var copy = Good with { Mean = [.. Good.Mean!] };

        Assert.Equal(Good, copy);
        Assert.Equal(Good.GetHashCode(), copy.GetHashCode());
        Assert.NotEqual(Good, Good with { Mean = [0.485, 0.456, 0.407] });
        Assert.NotEqual(Good, Good with { Std = null });
        Assert.NotEqual(Good, Good with { Alpha = AlphaHandling.White });
    }
}
