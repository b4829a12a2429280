using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tests.Support;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// Small files with the names of other projects. The names are written here in the other direction than in the maps:
/// from torchvision's.
/// </summary>
public sealed class KeyMapTests
{
    // A vision transformer of two layers with torchvision's names.
    private const string Transformer = """
        { "input": { "channels": 3, "height": SIDE, "width": SIDE }, "layers": [
          { "type": "conv2d", "name": "conv_proj", "out_channels": 8, "kernel_size": 4, "stride": 4 },
          { "type": "flatten", "start_dim": 2 }, { "type": "permute", "dims": [0, 2, 1] },
          { "type": "class_token", "name": "class_token" },
          { "type": "sequential", "name": "encoder", "layers": [
            { "type": "position_embedding", "name": "pos_embedding" },
            { "type": "sequential", "name": "layers", "layers": [
              { "type": "repeat", "times": 2, "names": "encoder_layer_{i}", "layers": [
                { "type": "sequential", "layers": [
                  { "type": "residual", "inline": true, "body": [
                    { "type": "layer_norm", "name": "ln_1", "normalized_shape": 8 },
                    { "type": "multi_head_attention", "name": "self_attention", "num_heads": 2 }] },
                  { "type": "residual", "inline": true, "body": [
                    { "type": "layer_norm", "name": "ln_2", "normalized_shape": 8 },
                    { "type": "sequential", "name": "mlp", "layers": [
                      { "type": "linear", "out_features": 16 }, { "type": "gelu" }, { "type": "dropout" },
                      { "type": "linear", "out_features": 8 }] }] }] }] }] },
            { "type": "layer_norm", "name": "ln", "normalized_shape": 8 }] },
          { "type": "select" },
          { "type": "sequential", "name": "heads", "layers": [
            { "type": "linear", "name": "head", "out_features": 3 }] }] }
        """;

    private static readonly Dictionary<string, (string From, string To)[]> Foreign = new()
    {
        ["timm's ViT and DeiT"] =
        [
            ("class_token", "cls_token"),
            (@"encoder\.pos_embedding", "pos_embed"),
            (@"conv_proj\.", "patch_embed.proj."),
            (@"encoder\.layers\.encoder_layer_(\d+)\.", "blocks.$1."),
            (@"\.ln_([12])\.", ".norm$1."),
            (@"\.self_attention\.in_proj_", ".attn.qkv."),
            (@"\.self_attention\.out_proj\.", ".attn.proj."),
            (@"\.mlp\.0\.", ".mlp.fc1."),
            (@"\.mlp\.3\.", ".mlp.fc2."),
            (@"encoder\.ln\.", "norm."),
            (@"heads\.head\.", "head."),
        ],
        ["torchvision's first ViT files"] = [(@"\.mlp\.0\.", ".mlp.linear_1."), (@"\.mlp\.3\.", ".mlp.linear_2.")],
        ["transformers' ViT"] = Transformers("vit"),
        ["transformers' DeiT"] = Transformers("deit"),
        ["timm's ConvNeXt"] =
        [
            (@"features\.0\.", "stem."),
            (@"features\.2\.", "stages.1.downsample."),
            (@"features\.4\.", "stages.2.downsample."),
            (@"features\.6\.", "stages.3.downsample."),
            (@"features\.1\.", "stages.0.blocks."),
            (@"features\.3\.", "stages.1.blocks."),
            (@"features\.5\.", "stages.2.blocks."),
            (@"features\.7\.", "stages.3.blocks."),
            ("layer_scale", "gamma"),
            (@"block\.0\.", "conv_dw."),
            (@"block\.2\.", "norm."),
            (@"block\.3\.", "mlp.fc1."),
            (@"block\.5\.", "mlp.fc2."),
            (@"classifier\.0\.", "head.norm."),
            (@"classifier\.2\.", "head.fc."),
        ],
        ["transformers' ConvNeXt"] =
        [
            (@"features\.0\.0\.", "convnext.embeddings.patch_embeddings."),
            (@"features\.0\.1\.", "convnext.embeddings.layernorm."),
            (@"features\.2\.", "convnext.encoder.stages.1.downsampling_layer."),
            (@"features\.4\.", "convnext.encoder.stages.2.downsampling_layer."),
            (@"features\.6\.", "convnext.encoder.stages.3.downsampling_layer."),
            (@"features\.1\.", "convnext.encoder.stages.0.layers."),
            (@"features\.3\.", "convnext.encoder.stages.1.layers."),
            (@"features\.5\.", "convnext.encoder.stages.2.layers."),
            (@"features\.7\.", "convnext.encoder.stages.3.layers."),
            ("layer_scale", "layer_scale_parameter"),
            (@"block\.0\.", "dwconv."),
            (@"block\.2\.", "layernorm."),
            (@"block\.3\.", "pwconv1."),
            (@"block\.5\.", "pwconv2."),
            (@"classifier\.0\.", "convnext.layernorm."),
            (@"classifier\.2\.", "classifier."),
        ],
        ["transformers' ResNet"] =
        [
            (@"^conv1\.", "resnet.embedder.embedder.convolution."),
            (@"^bn1\.", "resnet.embedder.embedder.normalization."),
            (@"downsample\.0\.", "shortcut.convolution."),
            (@"downsample\.1\.", "shortcut.normalization."),
            (@"\.conv1\.", ".layer.0.convolution."),
            (@"\.conv2\.", ".layer.1.convolution."),
            (@"\.bn1\.", ".layer.0.normalization."),
            (@"\.bn2\.", ".layer.1.normalization."),
            (@"layer1\.", "resnet.encoder.stages.0.layers."),
            (@"layer2\.", "resnet.encoder.stages.1.layers."),
            (@"layer3\.", "resnet.encoder.stages.2.layers."),
            (@"layer4\.", "resnet.encoder.stages.3.layers."),
            (@"^fc\.", "classifier.1."),
        ],
        ["timm's EfficientNet b0 to b7"] =
        [
            .. Stem,
            (@"^features\.8\.0\.", "conv_head."),
            (@"^features\.8\.1\.", "bn2."),
            .. Separable(@"1\.(\d+)", "blocks.0.$1"),
            .. Enumerable.Range(2, 6).SelectMany(stage => Inverted($@"{stage}\.(\d+)", $"blocks.{stage - 1}.$1")),
            (@"^classifier\.1\.", "classifier."),
        ],
        ["timm's MobileNetV3 large"] = MobileNet([2, 3, 4, 2, 3], last: 16),
        ["timm's MobileNetV3 small"] = MobileNet([2, 3, 2, 3], last: 12),
    };

    private static (string From, string To)[] Stem =>
        [(@"^features\.0\.0\.", "conv_stem."), (@"^features\.0\.1\.", "bn1.")];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var of in Foreign.Keys)
            {
                data.Add(of, "");
                data.Add(of, "module.");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Compare_FileOfAnotherProject_MatchesAndReportsEachRename(string of, string prefix)
    {
        var network = NetworkOf(of);
        using var file = new TemporaryFile();
        var parts = of is "transformers' ViT" or "transformers' DeiT";
        List<(string Name, IReadOnlyList<long> Shape)> tensors =
        [
            .. network
                .StateDict.SelectMany(spec => Split(spec.Name, spec.Shape, parts))
                .Select(item => (Rename(item.Name, Foreign[of]), item.Shape))
                .Select(item => (prefix + item.Item1, ShapeIn(of, item.Item1, item.Shape))),
        ];
        Write(file.Path, tensors);
        using var opened = WeightsFile.Open(file.Path, WeightsLimits.Default);

        var report = StateDictMatch.Compare(network.StateDict, opened.Tensors, network.Head!.Key);

        Assert.True(report.IsMatch, string.Join("\n", report.Missing.Concat(report.Unexpected)));
        Assert.Contains(of, report.Suggestions[0], StringComparison.Ordinal);
        var own = network.StateDict.Select(spec => spec.Name).ToHashSet();
        Assert.Equal(
            tensors.Select(tensor => tensor.Name).Where(name => !own.Contains(name)).Order(StringComparer.Ordinal),
            report.Renamed.Select(tensor => tensor.From).Order(StringComparer.Ordinal)
        );
        Assert.All(report.Renamed, tensor => Assert.Contains(tensor.To, own));
    }

    [Fact]
    public void Compare_QueryKeyAndValueApart_AreJoinedInThisOrder()
    {
        var network = NetworkOf("transformers' ViT");
        const string Name = "encoder.layers.encoder_layer_1.self_attention.in_proj_bias";
        using var file = new TemporaryFile();
        List<(string Name, IReadOnlyList<long> Shape)> tensors =
        [
            .. network
                .StateDict.SelectMany(spec => Split(spec.Name, spec.Shape, inParts: true))
                .Select(item => (Rename(item.Name, Foreign["transformers' ViT"]), item.Shape)),
        ];
        Write(file.Path, tensors);
        using var opened = WeightsFile.Open(file.Path, WeightsLimits.Default);

        var pair = StateDictMatch
            .Compare(network.StateDict, opened.Tensors)
            .Pairs.Single(item => item.Expected.Name == Name);

        var joined = new float[24];
        pair.Stored.CopyTo(joined.AsSpan());
        Assert.Equal(
            new[] { "query", "key", "value" }.SelectMany(part =>
                FormulaWeights.Values($"vit.encoder.layer.1.attention.attention.{part}.bias", [8], 1)
            ),
            joined
        );
    }

    // From 2x2 to 3x3 places with aligned corners: the corners stay, the middle is the mean of all four.
    [Fact]
    public void Compare_PositionsOfAnotherSize_AreResized()
    {
        var network = Networks.Analyze(Transformer.Replace("SIDE", "12", StringComparison.Ordinal));
        using var file = new TemporaryFile();
        Write(file.Path, [.. NetworkOf("timm's ViT and DeiT").StateDict.Select(spec => (spec.Name, spec.Shape))]);
        using var opened = WeightsFile.Open(file.Path, WeightsLimits.Default);

        var report = StateDictMatch.Compare(network.StateDict, opened.Tensors);

        Assert.True(report.IsMatch);
        var resized = new float[10 * 8];
        report.Pairs.Single(pair => pair.Expected.IsPositionEmbedding).Stored.CopyTo(resized.AsSpan());
        var stored = FormulaWeights.Values("encoder.pos_embedding", [1, 5, 8], 1);
        Assert.Equal(stored[..16], resized[..16]);
        Assert.Equal(stored[^8..], resized[^8..]);
        for (var i = 0; i < 8; i++)
        {
            var mean = Enumerable.Range(1, 4).Average(place => stored[(place * 8) + i]);
            Assert.Equal(mean, resized[(5 * 8) + i], 1e-6f);
        }
    }

    // A file of some kilobytes may claim any number of places by a stride of 0.
    [Fact]
    public void Compare_PositionsOfAHugeGrid_AreAMismatch()
    {
        var network = NetworkOf("timm's ViT and DeiT");
        using var none = MappedBytes.Borrow<float>(Memory<float>.Empty);
        var stored = network.StateDict.Select(spec =>
        {
            long[] shape = spec.IsPositionEmbedding ? [1, 1 + (4096 * 4096), 8] : [.. spec.Shape];
            var geometry = TensorGeometry.Strided(shape, [.. shape.Select(_ => 0L)], available: 1, out _)!;
            return new StoredTensor(spec.Name, WeightsDtype.Float32, geometry, none, 0);
        });

        var report = StateDictMatch.Compare(network.StateDict, [.. stored]);

        Assert.Equal("encoder.pos_embedding", Assert.Single(report.ShapeMismatch).Name);
    }

    [Fact]
    public void Maps_EachOfThem_NamesItsSourceAndFitsAPredefinedNetwork()
    {
        var names = PredefinedArchitectures
            .All.SelectMany(item => item.Analyze(new ArchitectureLimits()).StateDict)
            .Select(spec => spec.Name)
            .ToHashSet();

        Assert.Equal(10, KeyMap.All.Count);
        Assert.All(KeyMap.All, map => Assert.True(map.FitsOneOf(names), map.Of));
    }

    private static ArchitectureAnalysis NetworkOf(string of) =>
        of.Contains("ConvNeXt", StringComparison.Ordinal)
            ? PredefinedArchitectures.Find("convnext_tiny")!.Analyze(new ArchitectureLimits())
        : of.Contains("ResNet", StringComparison.Ordinal)
            ? PredefinedArchitectures.Find("resnet18")!.Analyze(new ArchitectureLimits())
        : of.Contains("EfficientNet", StringComparison.Ordinal)
            ? PredefinedArchitectures.Find("efficientnet_b0")!.Analyze(new ArchitectureLimits())
        : of.Contains("MobileNetV3", StringComparison.Ordinal)
            ? PredefinedArchitectures.Find($"mobilenet_v3_{of.Split(' ')[^1]}")!.Analyze(new ArchitectureLimits())
        : Networks.Analyze(Transformer.Replace("SIDE", "8", StringComparison.Ordinal));

    // The projections to query, key and value as three tensors.
    private static IEnumerable<(string Name, IReadOnlyList<long> Shape)> Split(
        string name,
        IReadOnlyList<long> shape,
        bool inParts
    ) =>
        inParts && name.Contains(".in_proj_", StringComparison.Ordinal)
            ? new[] { "query", "key", "value" }.Select(part =>
                (
                    name.Replace(".in_proj_", $".{part}.", StringComparison.Ordinal),
                    (IReadOnlyList<long>)[shape[0] / 3, .. shape.Skip(1)]
                )
            )
            : [(name, shape)];

    private static (string From, string To)[] Transformers(string model) =>
        [
            ("class_token", $"{model}.embeddings.cls_token"),
            (@"encoder\.pos_embedding", $"{model}.embeddings.position_embeddings"),
            (@"conv_proj\.", $"{model}.embeddings.patch_embeddings.projection."),
            (@"encoder\.ln\.", $"{model}.layernorm."),
            (@"encoder\.layers\.encoder_layer_(\d+)\.", $"{model}.encoder.layer.$1."),
            (@"\.ln_1\.", ".layernorm_before."),
            (@"\.ln_2\.", ".layernorm_after."),
            (@"\.self_attention\.out_proj\.", ".attention.output.dense."),
            (@"\.self_attention\.", ".attention.attention."),
            (@"\.mlp\.0\.", ".intermediate.dense."),
            (@"\.mlp\.3\.", ".output.dense."),
            (@"heads\.head\.", "classifier."),
        ];

    // timm's DepthwiseSeparableConv, with and without squeeze and excitation.
    private static (string From, string To)[] Separable(string feature, string block) =>
        Renames(
            feature,
            block,
            [
                ("0.0", "conv_dw"),
                ("0.1", "bn1"),
                ("1.fc1", "se.conv_reduce"),
                ("1.fc2", "se.conv_expand"),
                ("1.0", "conv_pw"),
                ("1.1", "bn2"),
                ("2.0", "conv_pw"),
                ("2.1", "bn2"),
            ]
        );

    // timm's InvertedResidual, with and without squeeze and excitation.
    private static (string From, string To)[] Inverted(string feature, string block) =>
        Renames(
            feature,
            block,
            [
                ("0.0", "conv_pw"),
                ("0.1", "bn1"),
                ("1.0", "conv_dw"),
                ("1.1", "bn2"),
                ("2.fc1", "se.conv_reduce"),
                ("2.fc2", "se.conv_expand"),
                ("2.0", "conv_pwl"),
                ("2.1", "bn3"),
                ("3.0", "conv_pwl"),
                ("3.1", "bn3"),
            ]
        );

    private static (string From, string To)[] Renames(string feature, string block, (string From, string To)[] parts) =>
        [
            .. parts.Select(part =>
                ($@"^features\.{feature}\.block\.{Regex.Escape(part.From)}\.", $"{block}.{part.To}.")
            ),
        ];

    // timm counts blocks within stages; its head's linear layer is a convolution.
    private static (string From, string To)[] MobileNet(int[] stages, int last)
    {
        List<(string From, string To)> rules = [.. Stem, .. Separable("1", "blocks.0.0")];
        var feature = 2;
        foreach (var (stage, count) in stages.Index())
        {
            for (var block = 0; block < count; block++)
                rules.AddRange(Inverted($"{feature++}", $"blocks.{stage + 1}.{block}"));
        }

        return
        [
            .. rules,
            ($@"^features\.{last}\.0\.", $"blocks.{stages.Length + 1}.0.conv."),
            ($@"^features\.{last}\.1\.", $"blocks.{stages.Length + 1}.0.bn1."),
            (@"^classifier\.0\.", "conv_head."),
            (@"^classifier\.3\.", "classifier."),
        ];
    }

    private static IReadOnlyList<long> ShapeIn(string of, string name, IReadOnlyList<long> shape) =>
        of.Contains("MobileNetV3", StringComparison.Ordinal) && name == "conv_head.weight" ? [.. shape, 1, 1] : shape;

    private static string Rename(string name, (string From, string To)[] rules) =>
        rules.Aggregate(name, (text, rule) => Regex.Replace(text, rule.From, rule.To));

    private static void Write(string path, IEnumerable<(string Name, IReadOnlyList<long> Shape)> tensors)
    {
        var state = tensors.Select(item => new object[] { item.Name, item.Shape, "float32" });
        var golden = JsonSerializer.SerializeToElement(
            new
            {
                gain = 1.0,
                salt = "",
                state_dict = state,
            }
        );
        FormulaWeights.Write(path, golden);
    }

    [Fact]
    public void Rules_All_TakeATimeThatANameCantBlowUp()
    {
        var rules = Directory
            .EnumerateFiles(Repository.Path("src", "Models", "Weights", "KeyMaps"), "*.json")
            .SelectMany(file => JsonElement.Parse(File.ReadAllBytes(file)).GetProperty("renames").EnumerateArray())
            .Select(rule => rule.GetProperty("from").GetString()!)
            .ToList();

        Assert.NotEmpty(rules);
        Assert.All(rules, rule => Assert.DoesNotMatch(@"\)[*+{]", rule)); // a repeated group
        Assert.All(rules, rule => Assert.True(Regex.Count(rule, @"\.[*+]") <= 2, rule)); // a square at most
    }
}
