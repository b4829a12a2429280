using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Preprocessing;
using ModelService.Imaging.Tests.Support;

namespace ModelService.Imaging.Tests.Preprocessing;

public sealed class PreprocessorTests
{
    [Fact]
    public void Run_DestinationOfAnotherLength_IsAnArgumentError() =>
        Assert.Throws<ArgumentException>(
            "destination",
            () =>
                Pictures
                    .Preprocessor()
                    .Run(
                        Fixtures.Bytes("photos", "coffee.png"),
                        PreprocessingDefinition.ImageNet,
                        new float[(3 * 224 * 224) + 1]
                    )
        );

    [Fact]
    public void Run_SizeOfThePicture_IsAnArgumentError() =>
        Assert.Throws<ArgumentException>(
            "definition",
            () =>
                Pictures
                    .Preprocessor()
                    .Run(Fixtures.Bytes("photos", "coffee.png"), new PreprocessingDefinition(), new float[1])
        );

    [Fact]
    public void Run_ManyThreads_GiveWhatOneGives()
    {
        var preprocessor = Pictures.Preprocessor();
        string[] files =
        [
            "rocket.jpg",
            "chelsea.png",
            "rocket.webp",
            "coffee_animated.gif",
            "coffee.bmp",
            "chelsea_lzw.tiff",
            "exif_6.jpg",
            "coffee_cmyk.jpg",
        ];
        var photos = files.Select(file => Fixtures.Bytes("photos", file)).ToArray();
        var expected = photos
            .Select(photo => Pictures.Run(photo, PreprocessingDefinition.ImageNet, preprocessor))
            .ToArray();
        var truncated = Fixtures.Bytes("bad", "truncated.jpg");

        Parallel.For(
            0,
            160,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 8,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            i =>
            {
                // A picture that fails must not disturb its neighbours: libvips keeps one error text for all threads.
                if (i % 5 == 0)
                {
                    Assert.Throws<ImageException>(() =>
                        Pictures.Run(truncated, PreprocessingDefinition.ImageNet, preprocessor)
                    );
                }

                Assert.Equal(
                    expected[i % files.Length],
                    Pictures.Run(photos[i % files.Length], PreprocessingDefinition.ImageNet, preprocessor)
                );
            }
        );
    }

    [Fact]
    public void AddImaging_Configured_BindsTheLimits()
    {
        using var provider = Services("MaxBytes", "1000");

        var exception = Assert.Throws<ImageException>(() =>
            Pictures.Run(
                Fixtures.Bytes("photos", "coffee.png"),
                PreprocessingDefinition.ImageNet,
                provider.GetRequiredService<Preprocessor>()
            )
        );

        Assert.Equal(ImageFault.TooLarge, exception.Fault);
        Assert.Same(provider.GetRequiredService<Preprocessor>(), provider.GetRequiredService<Preprocessor>());
    }

    [Theory]
    [InlineData("MaxPixels", "0")]
    [InlineData("MaxPixels", "1000000001")]
    [InlineData("MaxBytes", "0")]
    [InlineData("MaxBytes", "1073741825")]
    public void AddImaging_LimitOutOfRange_StopsTheStart(string option, string value)
    {
        using var provider = Services(option, value);

        var exception = Assert.Throws<OptionsValidationException>(() =>
            provider.GetRequiredService<IStartupValidator>().Validate()
        );

        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(string option, string value) =>
        new ServiceCollection()
            .AddSingleton<IConfiguration>(
                new ConfigurationBuilder().AddInMemoryCollection([new($"ModelService:Imaging:{option}", value)]).Build()
            )
            .AddImaging()
            .BuildServiceProvider();
}
