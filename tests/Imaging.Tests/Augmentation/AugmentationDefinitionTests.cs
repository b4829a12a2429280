using ModelService.Imaging.Augmentation;

namespace ModelService.Imaging.Tests.Augmentation;

public sealed class AugmentationDefinitionTests
{
    [Theory]
    [InlineData(AugmentationPreset.None)]
    [InlineData(AugmentationPreset.Light)]
    [InlineData(AugmentationPreset.Strong)]
    [InlineData(AugmentationPreset.Characters)]
    public void Validate_Preset_HasNoFault(AugmentationPreset preset) =>
        Assert.Empty(AugmentationDefinition.From(preset).Validate());

    [Fact]
    public void Validate_AllWrong_FindsEachAtItsPlace()
    {
        var definition = new AugmentationDefinition
        {
            RandomResizedCrop = new RandomCropDefinition { Scale = [0, 1], Ratio = [2, 1] },
            HorizontalFlip = -0.1,
            VerticalFlip = 1.1,
            Rotation = double.NaN,
            ColorJitter = new ColorJitterDefinition
            {
                Brightness = -1,
                Contrast = 11,
                Saturation = double.PositiveInfinity,
                Hue = 0.6,
            },
            Blur = new BlurDefinition
            {
                KernelSize = 4,
                Sigma = [1],
                P = 2,
            },
            Erase = 3,
        };

        Assert.Equal(
            [
                "/random_resized_crop/scale",
                "/random_resized_crop/ratio",
                "/horizontal_flip",
                "/vertical_flip",
                "/rotation",
                "/color_jitter/brightness",
                "/color_jitter/contrast",
                "/color_jitter/saturation",
                "/color_jitter/hue",
                "/blur/kernel_size",
                "/blur/sigma",
                "/blur/p",
                "/erase",
            ],
            definition.Validate().Select(fault => fault.Pointer)
        );
    }

    [Fact]
    public void Equals_ListsOfEqualNumbers_IsTrue()
    {
        var one = new AugmentationDefinition
        {
            RandomResizedCrop = new RandomCropDefinition { Scale = [0.5, 1] },
            Blur = new BlurDefinition { Sigma = [1, 2] },
        };
        var other = new AugmentationDefinition
        {
            RandomResizedCrop = new RandomCropDefinition { Scale = [0.5, 1] },
            Blur = new BlurDefinition { Sigma = [1, 2] },
        };

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, one with { Blur = null });
    }
}
