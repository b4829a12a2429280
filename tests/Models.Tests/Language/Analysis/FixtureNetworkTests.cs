using System.Text.Json;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>Keys, order, shapes and counts against PyTorch's and torchvision's, as the fixtures have them.</summary>
public sealed class FixtureNetworkTests
{
    public static TheoryData<string> FixtureNames =>
        [.. Fixtures.Json("weights", "manifest.json").GetProperty("nets").EnumerateObject().Select(net => net.Name)];

    public static TheoryData<string, string> GoldenNames
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var folder in new[] { "goldens", "families" })
            {
                var files = Fixtures.Json(folder, "manifest.json").GetProperty("goldens").EnumerateArray();
                foreach (var name in files.Select(file => Path.GetFileNameWithoutExtension(file.GetString()!)))
                    data.Add(folder, name);
            }

            return data;
        }
    }

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
    public void Analyze_Predefined_GivesTorchvisionsStateDictAndCounts(string folder, string name)
    {
        var expected = Fixtures.Json(folder, name + ".json");
        var classes = expected.GetProperty("classes").GetInt32();
        var definition = $$"""
            { "name": "golden", "base": "{{expected.GetProperty("architecture")}}"{{(
                classes == 1000 ? "" : $", \"num_classes\": {classes}"
            )}} }
            """;

        var analysis = ResolvedModel.Read(JsonElement.Parse(definition), new ArchitectureLimits()).Analysis;

        AssertSame(expected, analysis);
        Assert.Equal(expected.GetProperty("head").GetString(), analysis.Head!.Key);
    }

    // As torchvision.models.googlenet(num_classes=7) and inception_v3(num_classes=7) have them.
    [Theory]
    [InlineData("googlenet", "aux1.fc2.weight", 1024)]
    [InlineData("googlenet", "aux2.fc2.weight", 1024)]
    [InlineData("inception_v3", "AuxLogits.fc.weight", 768)]
    public void Analyze_OtherNumberOfClasses_IsThatOfAuxiliaryClassifiersToo(string name, string tensor, long inputs)
    {
        var definition = JsonElement.Parse($$"""{ "name": "seven", "base": "{{name}}", "num_classes": 7 }""");

        var analysis = ResolvedModel.Read(definition, new ArchitectureLimits()).Analysis;

        Assert.Equal([7, inputs], analysis.TrainingTensors.Single(spec => spec.Name == tensor).Shape);
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
    [InlineData("efficientnet_b1", 7_794_184)]
    [InlineData("efficientnet_b2", 9_109_994)]
    [InlineData("efficientnet_b3", 12_233_232)]
    [InlineData("efficientnet_b4", 19_341_616)]
    [InlineData("efficientnet_b5", 30_389_784)]
    [InlineData("efficientnet_b6", 43_040_704)]
    [InlineData("efficientnet_b7", 66_347_960)]
    [InlineData("efficientnet_v2_m", 54_139_356)]
    [InlineData("efficientnet_v2_l", 118_515_272)]
    [InlineData("regnet_y_800mf", 6_432_512)]
    [InlineData("regnet_y_1_6gf", 11_202_430)]
    [InlineData("regnet_y_3_2gf", 19_436_338)]
    [InlineData("regnet_y_8gf", 39_381_472)]
    [InlineData("regnet_y_16gf", 83_590_140)]
    [InlineData("regnet_y_32gf", 145_046_770)]
    [InlineData("regnet_y_128gf", 644_812_894)]
    [InlineData("regnet_x_800mf", 7_259_656)]
    [InlineData("regnet_x_1_6gf", 9_190_136)]
    [InlineData("regnet_x_3_2gf", 15_296_552)]
    [InlineData("regnet_x_8gf", 39_572_648)]
    [InlineData("regnet_x_16gf", 54_278_536)]
    [InlineData("regnet_x_32gf", 107_811_560)]
    [InlineData("shufflenet_v2_x0_5", 1_366_792)]
    [InlineData("shufflenet_v2_x1_5", 3_503_624)]
    [InlineData("shufflenet_v2_x2_0", 7_393_996)]
    [InlineData("convnext_small", 50_223_688)]
    [InlineData("convnext_base", 88_591_464)]
    [InlineData("convnext_large", 197_767_336)]
    [InlineData("vit_b_32", 88_224_232)]
    [InlineData("vit_l_16", 304_326_632)]
    [InlineData("vit_l_32", 306_535_400)]
    [InlineData("vit_h_14", 632_045_800)]
    [InlineData("swin_s", 49_606_258)]
    [InlineData("swin_b", 87_768_224)]
    [InlineData("swin_v2_t", 28_351_570)]
    [InlineData("swin_v2_s", 49_737_442)]
    [InlineData("swin_v2_b", 87_930_848)]
    [InlineData("maxvit_t", 30_919_624)]
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
