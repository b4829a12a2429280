using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>How a file's names lead to those of the network.</summary>
public sealed class NameMapperTests
{
    private static readonly TensorSpec[] Network =
    [
        new("conv1.weight", [4, 3], false),
        new("layer1.0.weight", [4, 4], false),
        new("fc.weight", [7, 4], false),
        new("fc.num_batches_tracked", [], true),
    ];

    [Theory]
    [InlineData("_orig_mod.")]
    [InlineData("_forward_module.")]
    [InlineData("_fsdp_wrapped_module.")]
    [InlineData("net.")]
    [InlineData("backbone.")]
    [InlineData("model.backbone.encoder.")]
    [InlineData("_orig_mod.module.net.")]
    [InlineData("0.")]
    public void Map_AnyPrefix_IsLeftOut(string prefix)
    {
        var mapping = Map(Network.Select(spec => prefix + spec.Name));

        Assert.Equal(prefix, mapping.Prefix);
        Assert.True(mapping.IsComplete);
        Assert.Equal("fc.weight", mapping.Find(prefix + "fc.weight"));
        Assert.Null(mapping.Find("criterion.weight"));
    }

    [Theory]
    [InlineData("conv1._orig_mod.weight", "conv1.weight")]
    [InlineData("layer1.0._checkpoint_wrapped_module.weight", "layer1.0.weight")]
    [InlineData("layer1.module.0.weight", "layer1.0.weight")]
    [InlineData("layer1._fsdp_wrapped_module._orig_mod.0.weight", "layer1.0.weight")]
    public void Map_WrapperInsideAName_IsLeftOut(string name, string expected)
    {
        string[] names = [.. Network.Select(spec => spec.Name == expected ? name : spec.Name)];

        Assert.Equal(expected, Map(names).Find(name));
        Assert.Equal(expected, Map(names.Select(item => "net." + item)).Find("net." + name));
    }

    [Fact]
    public void Map_WrapperNamesThatWouldBeEqual_Stay()
    {
        var mapping = Map(["layer1.module.0.weight", "layer1._orig_mod.0.weight", "conv1.weight", "fc.weight"]);

        Assert.Equal("layer1.module.0.weight", mapping.Find("layer1.module.0.weight"));
    }

    [Fact]
    public void Map_NetworkWithALayerNamedAsAWrapper_KeepsIt()
    {
        TensorSpec[] network = [new("a.module.weight", [1], false)];

        var mapping = new NameMapper(network).Map([("net.a.module.weight", [1])]);

        Assert.Equal("a.module.weight", mapping.Find("net.a.module.weight"));
    }

    [Theory]
    [InlineData("criterion.weight", "n_averaged", "train_acc.tp")]
    [InlineData("model_ema.decay", "conv1.weight", "other")]
    public void Map_TensorsBesideThePrefix_DontHinder(params string[] beside)
    {
        var mapping = Map([.. Network.Select(spec => "model." + spec.Name), .. beside]);

        Assert.Equal("model.", mapping.Prefix);
        Assert.All(beside, name => Assert.Null(mapping.Find(name)));
    }

    [Fact]
    public void Map_OwnNamesBesideACopy_AreTheOwnNames()
    {
        var mapping = Map([.. Network.Select(spec => spec.Name), .. Network.Select(spec => "ema." + spec.Name)]);

        Assert.Equal("", mapping.Prefix);
        Assert.Null(mapping.Find("ema.fc.weight"));
        Assert.Equal("fc.weight", mapping.Find("fc.weight"));
        Assert.Equal("emu.fc.weight", mapping.Find("emu.fc.weight"));
        Assert.Empty(mapping.Choices);
    }

    [Fact]
    public void Map_TwoPrefixes_AreChoices()
    {
        string[] names =
        [
            .. Network.Select(spec => "encoder_q." + spec.Name),
            .. Network.Select(spec => "encoder_k." + spec.Name),
        ];

        Assert.Equal(["encoder_q.", "encoder_k."], Map(names).Choices.Select(choice => choice.Key));
        Assert.Equal("", Map(names).Prefix);
        Assert.Equal("fc.weight", Map(names, "encoder_k").Find("encoder_k.fc.weight"));
        Assert.Null(Map(names, "encoder_k.").Find("encoder_q.fc.weight"));
    }

    [Fact]
    public void Map_TwoPrefixesOfWhichOneIsComplete_IsTheCompleteOne()
    {
        string[] names = [.. Network.Select(spec => "a." + spec.Name), "b.conv1.weight", "b.layer1.0.weight"];

        Assert.Equal("a.", Map(names).Prefix);
    }

    [Fact]
    public void Map_TwoPrefixesOfWhichOneHasTheShapes_IsThatOne()
    {
        var mapping = new NameMapper(Network).Map([
            .. Network.Select(spec => ("small." + spec.Name, (IReadOnlyList<long>)[.. spec.Shape, 1])),
            .. Network.Select(spec => ("large." + spec.Name, spec.Shape)),
        ]);

        Assert.Equal("large.", mapping.Prefix);
    }

    [Fact]
    public void Map_OtherShapes_StillGivesThePrefix()
    {
        var mapping = new NameMapper(Network).Map([
            .. Network.Select(spec => ("net." + spec.Name, (IReadOnlyList<long>)[.. spec.Shape, 1])),
        ]);

        Assert.Equal("net.", mapping.Prefix);
        Assert.False(mapping.IsComplete);
    }

    [Fact]
    public void Map_PrefixWithAWrapperInside_IsFoundAsTheFileWritesIt()
    {
        string[] names = [.. Network.Select(spec => "model.module." + spec.Name), "ema.x"];

        Assert.Equal("fc.weight", Map(names).Find("model.module.fc.weight"));
        Assert.Equal("fc.weight", Map(names, "model.module").Find("model.module.fc.weight"));
        Assert.Equal("fc.weight", Map(names, "model").Find("model.module.fc.weight"));
    }

    [Fact]
    public void Map_FewTensorsThatFitByChance_GiveNoPrefix()
    {
        var names = Enumerable.Range(0, 20).Select(i => $"x{i}.weight").Append("head.fc.weight");

        Assert.Equal("", Map(names).Prefix);
    }

    [Theory]
    [InlineData("")]
    [InlineData("module.")]
    public void Map_OldDenseNet_HasTorchvisionsNames(string prefix)
    {
        const string Layer = "features.denseblock1.denselayer2.";
        TensorSpec[] network =
        [
            new(Layer + "norm1.weight", [1], false),
            new(Layer + "conv2.weight", [1], false),
            new("features.norm5.weight", [1], false),
        ];

        var mapping = new NameMapper(network).Map([
            (prefix + Layer + "norm.1.weight", [1]),
            (prefix + Layer + "conv.2.weight", [1]),
            (prefix + "features.norm5.weight", [1]),
        ]);

        Assert.True(mapping.IsComplete);
        Assert.Equal(Layer + "norm1.weight", mapping.Find(prefix + Layer + "norm.1.weight"));
    }

    private static NameMapping Map(IEnumerable<string> names, string? prefix = null) =>
        new NameMapper(Network, prefix).Map([.. names.Select(name => (name, Shape(name)))]);

    private static IReadOnlyList<long> Shape(string name) =>
        name.EndsWith("fc.weight", StringComparison.Ordinal) ? [7, 4]
        : name.EndsWith("conv1.weight", StringComparison.Ordinal) || name.Contains("conv1.", StringComparison.Ordinal)
            ? [4, 3]
        : name.EndsWith("tracked", StringComparison.Ordinal) ? []
        : [4, 4];
}
