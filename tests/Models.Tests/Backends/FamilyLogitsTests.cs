using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>torchvision's logits, by the plan and by the eager executor.</summary>
public sealed class FamilyLogitsTests
{
    public static TheoryData<string> Names =>
        [
            .. Fixtures
                .Json("families", "manifest.json")
                .GetProperty("goldens")
                .EnumerateArray()
                .Select(file => Path.GetFileNameWithoutExtension(file.GetString()!))
                .Where(name => !name.EndsWith("head7", StringComparison.Ordinal)),
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public void Forward_FormulaWeights_GivesTorchvisionsLogitsByBothExecutors(string name)
    {
        var golden = Fixtures.Json("families", name + ".json");
        var analysis = PredefinedArchitectures
            .Find(golden.GetProperty("architecture").GetString()!)!
            .Analyze(new ArchitectureLimits());
        var file = Path.GetTempFileName();
        try
        {
            FormulaWeights.Write(file, golden);
            using var weights = WeightsFile.Open(file, WeightsLimits.Default);
            var report = StateDictMatch.Compare(analysis.StateDict, weights.Tensors);
            report.ThrowIfMismatched();
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var parameters = ParameterStore.Create(analysis.StateDict, seed: null, report.Pairs);
            var graph = analysis.ToPlan();
            using var eager = new EagerExecutor(graph, parameters);
            using var plan = PlanVerification.Build(graph, parameters, CPU, Precision.Float32);
            foreach (var result in golden.GetProperty("results").EnumerateObject().Select(item => item.Value))
            {
                if (!result.GetProperty("input").TryGetProperty("tensor", out _))
                    continue;
                using var input = tensor(GoldenInputs.Input(golden, result), [1, .. analysis.Input.Sizes]);
                AssertLogits("eager", golden, result, eager.Forward(input.clone()));
                AssertLogits("plan", golden, result, plan.Forward(input.clone()));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void AssertLogits(string by, JsonElement golden, JsonElement result, Tensor logits)
    {
        var expected = GoldenInputs.Tensor("families/" + result.GetProperty("logits").GetString());
        var tolerance = GoldenInputs.Tolerance(golden, expected);
        var off = expected.Zip(logits.data<float>(), (wanted, logit) => Math.Abs(wanted - logit)).Max();
        Assert.True(off <= tolerance, $"{by}: off by {off}, {tolerance} is allowed.");
    }
}
