using System.Text.Json;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>Keys, order, shapes and counts against PyTorch's and torchvision's, as the fixtures have them.</summary>
public sealed class FixtureNetworkTests
{
    public static TheoryData<string> FixtureNames =>
        [.. Fixtures.Json("weights", "manifest.json").GetProperty("nets").EnumerateObject().Select(net => net.Name)];

    public static TheoryData<string> GoldenNames =>
        [
            .. Fixtures
                .Json("goldens", "manifest.json")
                .GetProperty("goldens")
                .EnumerateArray()
                .Select(file => Path.GetFileNameWithoutExtension(file.GetString()!))
                .Where(name => !name.EndsWith("head7", StringComparison.Ordinal)),
        ];

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public void Analyze_FixtureNetwork_GivesPyTorchsStateDictAndCounts(string name)
    {
        var expected = Fixtures.Json("weights", "manifest.json").GetProperty("nets").GetProperty(name);

        var analysis = Networks.Fixture(name);

        AssertSame(expected, analysis);
        Assert.Equal(
            expected.GetProperty("output_shape").EnumerateArray().Select(size => size.GetInt64()),
            analysis.Output.Sizes
        );
    }

    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Analyze_Predefined_GivesTorchvisionsStateDictAndCounts(string name)
    {
        var expected = Fixtures.Json("goldens", name + ".json");

        var analysis = PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());

        AssertSame(expected, analysis);
        Assert.Equal(expected.GetProperty("head").GetString(), analysis.Head!.Key);
    }

    // Counts from torchvision's documentation of each model's weights ("num_params"), for those without a golden.
    [Theory]
    [InlineData("resnet101", 44_549_160)]
    [InlineData("resnet152", 60_192_808)]
    [InlineData("resnext101_32x8d", 88_791_336)]
    [InlineData("resnext101_64x4d", 83_455_272)]
    [InlineData("wide_resnet101_2", 126_886_696)]
    [InlineData("densenet161", 28_681_000)]
    [InlineData("densenet169", 14_149_480)]
    [InlineData("densenet201", 20_013_928)]
    [InlineData("mnasnet0_5", 2_218_512)]
    [InlineData("mnasnet0_75", 3_170_208)]
    [InlineData("mnasnet1_3", 6_282_256)]
    [InlineData("vgg11", 132_863_336)]
    [InlineData("vgg13", 133_047_848)]
    [InlineData("vgg13_bn", 133_053_736)]
    [InlineData("vgg16", 138_357_544)]
    [InlineData("vgg16_bn", 138_365_992)]
    [InlineData("vgg19", 143_667_240)]
    [InlineData("vgg19_bn", 143_678_248)]
    [InlineData("squeezenet1_0", 1_248_424)]
    public void Analyze_PredefinedWithoutGolden_HasTorchvisionsParameterCount(string name, long parameters)
    {
        var analysis = PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());

        Assert.Equal(parameters, analysis.Parameters);
        Assert.Equal([1000], analysis.Output.Sizes);
    }

    private static void AssertSame(JsonElement expected, ArchitectureAnalysis analysis)
    {
        Assert.Equal(
            expected
                .GetProperty("state_dict")
                .EnumerateArray()
                .Select(tensor =>
                    tensor
                        .GetRawText()
                        .Replace(" ", "", StringComparison.Ordinal)
                        .Replace("\n", "", StringComparison.Ordinal)
                ),
            analysis.StateDict.Select(tensor =>
                $"[\"{tensor.Name}\",[{string.Join(",", tensor.Shape)}],\"{(tensor.IsCounter ? "int64" : "float32")}\"]"
            )
        );
        Assert.Equal(expected.GetProperty("parameters").GetInt64(), analysis.Parameters);
        Assert.Equal(expected.GetProperty("macs").GetInt64(), analysis.Macs);
    }
}
