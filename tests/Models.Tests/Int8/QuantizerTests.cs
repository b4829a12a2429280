using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Int8;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Explanation;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Int8;

/// <summary>Calibration of a trained network with residual blocks.</summary>
[Collection(nameof(Backends.Alone))]
public sealed class QuantizerTests
{
    private static readonly QuantizationBudget Loose = new(MaxProbabilityChange: 1, MinAgreement: 0);

    [Measured]
    [Fact]
    public void Run_TrainedNetwork_StaysNearFloat32AndLeaksNothing()
    {
        var analysis = FixtureExplanationTests.Analyze("residual");
        using var parameters = FixtureExplanationTests.Parameters("residual", analysis);
        var graph = analysis.ToPlan();
        using var quantizer = new Quantizer(graph, parameters, Loose, null, CancellationToken.None);
        var before = parameters["layer1.0.conv1.weight"].data<float>().ToArray();
        var tensors = Tensor.TotalCount;

        var quantization = quantizer.Run(Inputs(40, analysis.Input)).OrThrow();

        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.Equal(before, parameters["layer1.0.conv1.weight"].data<float>().ToArray());
        var report = quantization.Report!;
        Assert.Equal((30, 10), (report.Images, report.HeldOut));
        Assert.Equal(graph.Operators.OfType<WeightedOperator>().Count(), report.Layers.Count);
        using (var eager = new EagerExecutor(graph, parameters))
        using (var plan = PlanVerification.Build(graph, parameters, CPU, Precision.Float32, quantization))
        {
            AssertNear(plan, eager, analysis.Input);
            using var input = RandomInputs.Normal(seed: 1, [2, .. analysis.Input.Sizes]);
            for (var i = 0; i < 1_000; i++)
                plan.Forward(input).Dispose();
        }

        Assert.Equal(tensors, Tensor.TotalCount);
    }

    [Measured]
    [Fact]
    public void Run_BudgetThatNothingKeeps_IsRefused()
    {
        var analysis = FixtureExplanationTests.Analyze("residual");
        using var parameters = FixtureExplanationTests.Parameters("residual", analysis);
        using var quantizer = new Quantizer(
            analysis.ToPlan(),
            parameters,
            new QuantizationBudget(MaxProbabilityChange: 0, MinAgreement: 1),
            progress: null,
            CancellationToken.None
        );

        var failure = quantizer.Run(Inputs(20, analysis.Input)).Failure;

        Assert.Equal(ErrorCode.QuantizationRejected, failure!.Code);
    }

    [Theory]
    [InlineData(2.0, 0.5, true)]
    [InlineData(2.0, 1.0, true)]
    [InlineData(0.5, 2.0, true)]
    [InlineData(2.0, 2.0, false)]
    public void RefuseSlower_SpeedsOfOneAndEight_RefusesWhatIsSlowerInBoth(double one, double eight, bool isMade)
    {
        QuantizationSpeed[] speeds = [new(1, Float32: 1.5, one), new(8, Float32: 1.5, eight)];

        var failure = Quantizer.RefuseSlower(new QuantizationReport(30, 10, 1, 0, 0, speeds, []));

        Assert.Equal(isMade, failure is null);
        if (failure is not null)
        {
            Assert.Equal(
                "With 8-bit integers this network is slower on this processor: an image takes 2 ms instead of 1.5 in "
                    + "batches of 1 and 2 ms instead of 1.5 in batches of 8.",
                failure.Detail
            );
        }
    }

    [Fact]
    public void Json_ReadBack_IsTheSame()
    {
        var quantization = new Quantization(
            new Dictionary<string, LayerQuantization>
            {
                ["a.weight"] = new(new QuantizedFormat(0.1, 3), new QuantizedFormat(1e-9, 255))
                {
                    Addend = new QuantizedFormat(2.5, 0),
                },
                ["b.weight"] = new(new QuantizedFormat(0.3, 3), new QuantizedFormat(1, 0)),
            },
            new Dictionary<string, float[]> { ["a.weight"] = [1.5f, -2e-20f] }
        );

        var read = QuantizationJson.Read(JsonElement.Parse(QuantizationJson.Write(quantization).ToJsonString()));

        Assert.Equal(quantization.Layers, read.Layers);
        Assert.Equal(quantization.BiasCorrections["a.weight"], read.BiasCorrections["a.weight"]);
        Assert.Single(read.BiasCorrections);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{ "layers": null }""")]
    [InlineData("""{ "layers": { "a": {} } }""")]
    [InlineData("""{ "layers": { "a": { "input": { "scale": 0, "zero_point": 0 }, "output": null } } }""")]
    [InlineData(
        """
            { "layers": { "a": { "input": { "scale": 1, "zero_point": 256 },
                             "output": { "scale": 1, "zero_point": 0 } } } }
            """
    )]
    public void Json_Damaged_IsTold(string json)
    {
        var error = Assert.Throws<ServingException>(() => QuantizationJson.Read(JsonElement.Parse(json)));

        Assert.Equal(ErrorCode.DefinitionInvalid, error.Code);
    }

    [Fact]
    public void Candidates_OneFarNumber_AreCutOffBySome()
    {
        var histogram = new ValueHistogram();
        float[] numbers = [.. Enumerable.Range(0, 10_000).Select(i => i / 10_000f), 100];
        histogram.Widen(numbers);
        histogram.Count(numbers);

        var candidates = histogram.Candidates();

        Assert.Equal(100.0 / 255, candidates.Single(item => item.Method == "min_max").Format.Scale, 1e-9);
        Assert.Contains(candidates, item => item.Format.Scale < 1.2 / 255);
        Assert.All(candidates, item => Assert.Equal(0, item.Format.ZeroPoint));
    }

    [Fact]
    public void Covering_AnyRange_HasAnExactZero()
    {
        foreach (var (min, max) in new[] { (-1.0, 2.0), (0.5, 3.0), (-4.0, -1.0), (0.0, 0.0) })
        {
            var format = QuantizedFormat.Covering(min, max);

            Assert.InRange(format.ZeroPoint, 0, 255);
            Assert.InRange(-format.ZeroPoint * format.Scale, double.NegativeInfinity, min + format.Scale);
            Assert.InRange((255 - format.ZeroPoint) * format.Scale, max - format.Scale, double.PositiveInfinity);
        }
    }

    // The error of all logits together, as a share of their spread: 8 bits in each layer cost some percent.
    private static void AssertNear(IExecutor plan, IExecutor eager, Shape input)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var batch = RandomInputs.Normal(seed: 7, [8, .. input.Sizes]);
        var (found, exact) = (plan.Forward(batch), eager.Forward(batch));
        var share = ((found - exact).norm() / (exact - exact.mean()).norm()).item<float>();
        Assert.InRange(share, 0, 0.1);
        Assert.True(share > 0, "It computes in float32.");
    }

    private static List<float[]> Inputs(int count, Shape input)
    {
        using var all = RandomInputs.Normal(seed: 3, [count, .. input.Sizes]);
        return [.. all.data<float>().ToArray().Chunk((int)input.ElementCount)];
    }
}
