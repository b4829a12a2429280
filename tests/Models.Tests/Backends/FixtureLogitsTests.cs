using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tests.Support;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>The numbers that PyTorch gives.</summary>
public sealed class FixtureLogitsTests
{
    // The fixtures' own tolerance. Sums of a few thousand float32 products in another order differ by about 1e-6; 1e-4
    // leaves room for other processors.
    private const float Tolerance = 1e-4f;

    public static TheoryData<string, string> Files
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var name in FixtureNetworkNames())
            {
                foreach (var file in new[] { $"{name}.safetensors", $"{name}.pth", $"{name}_legacy.pth" })
                    data.Add(name, file);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Run_FixtureNetworkWithItsWeights_GivesPyTorchsLogits(string name, string file)
    {
        var io = SafetensorsFile.Read(Fixtures.Path("weights", name, "io.safetensors"));
        var (input, logits) = (io.Floats("input"), io.Floats("logits"));

        using var model = Load(Networks.Fixture(name), Fixtures.Path("weights", name, file));
        var scores = model.Run(input, (int)io.Shape("input")[0]);

        Assert.Equal(logits.Length, scores.Length);
        for (var i = 0; i < logits.Length; i++)
        {
            Assert.True(
                Math.Abs(logits[i] - scores[i]) <= Tolerance * Math.Max(1, Math.Abs(logits[i])),
                $"{i}: {scores[i]} instead of {logits[i]}"
            );
        }
    }

    [Fact]
    public void Run_BatchLargerThanOneCall_GivesEachInputItsOwnScores()
    {
        // 16 MiB of activations for one input: 16 at a time.
        var analysis = Networks.Analyze(
            """
            { "input": { "channels": 1, "height": 8, "width": 8 },
              "layers": [{ "type": "conv2d", "out_channels": 65536, "kernel_size": 1 },
                { "type": "adaptive_avg_pool2d", "output_size": 1 }, { "type": "flatten" },
                { "type": "linear", "out_features": 2 }] }
            """
        );
        using var model = new CompiledModel(analysis, seed: 1, [], CPU);
        var inputs = Enumerable.Range(0, 20 * 64).Select(i => (float)Math.Sin(i)).ToArray();

        var together = model.Run(inputs, 20);

        for (var i = 0; i < 20; i++)
        {
            var alone = model.Run(inputs.AsMemory(i * 64, 64), 1);
            Assert.Equal(alone[0], together[2 * i], 1e-5f);
            Assert.Equal(alone[1], together[(2 * i) + 1], 1e-5f);
        }
    }

    [Fact]
    public void Build_SameSeed_GivesTheSameWeights()
    {
        var analysis = Networks.Fixture("lesson");
        var input = Enumerable.Range(0, 3 * 32 * 32).Select(i => i / 3072f).ToArray();
        using var first = new CompiledModel(analysis, seed: 7, [], CPU);
        using var second = new CompiledModel(analysis, seed: 7, [], CPU);
        using var other = new CompiledModel(analysis, seed: 8, [], CPU);

        var scores = first.Run(input, 1);

        Assert.Equal(scores, second.Run(input, 1));
        Assert.NotEqual(scores, other.Run(input, 1));
    }

    // PyTorch's reset_parameters: norms begin as the identity; convolutions and linear layers within 1 / sqrt(fan_in).
    [Theory]
    [InlineData("""{ "type": "group_norm", "num_groups": 2 }""", "1")]
    [InlineData("""{ "type": "layer_norm", "normalized_shape": [6, 4, 4] }""", "1")]
    [InlineData("""{ "type": "batch_norm2d" }""", "1")]
    public void Build_WithoutWeights_BeginsAsPyTorchDoes(string norm, string key)
    {
        FreeMemory.FillWithNaN();
        using var model = new CompiledModel(
            Networks.Analyze(
                $$"""
                { "input": { "channels": 3, "height": 4, "width": 4 },
                  "layers": [{ "type": "conv2d", "out_channels": 6, "kernel_size": 3, "padding": 1 }, {{norm}},
                  { "type": "flatten" }] }
                """
            ),
            seed: 1,
            [],
            CPU
        );
        using var scope = NewDisposeScope();
        var tensors = model.StateDict;

        Assert.All(tensors[key + ".weight"].data<float>(), value => Assert.Equal(1f, value));
        Assert.All(tensors[key + ".bias"].data<float>(), value => Assert.Equal(0f, value));
        Assert.All(tensors["0.weight"].data<float>(), value => Assert.InRange(Math.Abs(value), 0, 1 / MathF.Sqrt(27)));
        Assert.True(tensors["0.weight"].abs().max().item<float>() > 0.8f / MathF.Sqrt(27));
    }

    [Fact]
    public void Run_FinalSoftmax_LeavesTheLogits()
    {
        const string Network = """
            { "input": { "shape": [4] }, "layers": [{ "type": "linear", "out_features": 3 },
              { "type": "sequential", "layers": [{ "type": "softmax" }] }] }
            """;
        using var with = new CompiledModel(Networks.Analyze(Network), seed: 3, [], CPU);
        using var without = new CompiledModel(
            Networks.Analyze("""{ "input": { "shape": [4] }, "layers": [{ "type": "linear", "out_features": 3 }] }"""),
            seed: 3,
            [],
            CPU
        );
        float[] input = [1, 2, 3, 4];

        Assert.Equal(without.Run(input, 1), with.Run(input, 1));
    }

    [Fact]
    public void Run_Filters_ComputeTheirDocumentedKernels()
    {
        // One bright pixel in the middle: cross-correlation leaves the kernel turned by 180 degrees.
        var input = new float[25];
        input[12] = 1;
        using var model = new CompiledModel(
            Networks.Analyze(
                """
                { "input": { "channels": 1, "height": 5, "width": 5 },
                  "layers": [{ "type": "filter2d", "preset": "emboss" }, { "type": "flatten" }] }
                """
            ),
            seed: 1,
            [],
            CPU
        );

        var output = model.Run(input, 1);

        Assert.Equal([0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1, 1, -1, 0, 0, 0, -1, -2, 0, 0, 0, 0, 0, 0], output);
    }

    internal static CompiledModel Load(ArchitectureAnalysis analysis, string file)
    {
        using var weights = WeightsFile.Open(file, WeightsLimits.Default);
        var report = StateDictMatch.Compare(analysis.StateDict, weights.Tensors);
        report.ThrowIfMismatched();
        return new CompiledModel(analysis, seed: null, report.Pairs, CPU);
    }

    private static IEnumerable<string> FixtureNetworkNames() =>
        Fixtures.Json("weights", "manifest.json").GetProperty("nets").EnumerateObject().Select(net => net.Name);
}
