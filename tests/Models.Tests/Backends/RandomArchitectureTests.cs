using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>The analysis of random networks agrees with what libtorch computes.</summary>
public sealed class RandomArchitectureTests
{
    private const int Cases = 1_000;

    [Fact]
    public void Analyze_RandomNetworks_AgreesWithWhatLayersGive()
    {
        var architectures = new RandomArchitectures(TestSeed.Get());
        for (var i = 0; i < Cases; i++)
        {
            var analysis = ArchitectureReader.Analyze(
                JsonSerializer.SerializeToElement(architectures.Next()),
                new ArchitectureLimits()
            );
            using var scope = NewDisposeScope();
            using var untracked = no_grad();
            using var parameters = ParameterStore.Create(analysis.StateDict, i, []);
            using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
            var layers = analysis.AllLayers.DistinctBy(node => node.Key).Select(node => node.Key).ToList();

            using var result = executor.Run(zeros([2, .. analysis.Input.Sizes]), EagerMode.Inference, layers);

            Assert.Equal([2, .. analysis.Output.Sizes], result.Output.shape);
            Assert.All(
                analysis.AllLayers.GroupBy(node => node.Key),
                nodes =>
                    Assert.Contains(
                        string.Join(",", result.Taps[nodes.Key].shape.Skip(1)),
                        nodes.Select(node => string.Join(",", node.Output.Sizes))
                    )
            );
            Assert.Equal(
                analysis.StateDict.Select(tensor => $"{tensor.Name} {string.Join(",", tensor.Shape)}"),
                parameters.StateDict.Select(pair => $"{pair.Key} {string.Join(",", pair.Value.shape)}")
            );
        }
    }

    [Fact]
    public void Forward_RandomNetworks_ComputesByPlanAndEagerlyWhatFloat64Computes()
    {
        var architectures = new RandomArchitectures(TestSeed.Get());
        var compared = 0;
        for (var i = 0; i < Cases; i++)
        {
            // A group norm of nearly equal numbers magnifies rounding without bound; the fixture 'norms_pools' has
            // sensible ones.
            var json = Enumerable
                .Range(0, 1_000)
                .Select(_ => architectures.Next())
                .First(json =>
                    !json.ToJsonString().Contains("group_norm", StringComparison.Ordinal)
                    && !json.ToJsonString().Contains("instance_norm", StringComparison.Ordinal)
                );
            var analysis = ArchitectureReader.Analyze(
                JsonSerializer.SerializeToElement(json),
                new ArchitectureLimits()
            );
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var parameters = ParameterStore.Create(analysis.StateDict, i, []);
            RandomInputs.SetNorms(parameters, i);
            var graph = analysis.ToPlan();
            using var eager = new EagerExecutor(graph, parameters);

            // These networks are all small. Some are compiled as if their activations were large.
            var steps = PlanPasses.Compile(graph, new PlanTarget(Precision.Float32, ForCpu: true));
            using var plan = new TorchScriptExecutor(
                i % 3 == 1 ? TileBatch.Apply(steps, large: 1) : steps,
                parameters,
                Precision.Float32,
                CPU
            );
            var input = RandomInputs.Normal(i, [3, .. analysis.Input.Sizes]);
            FreeMemory.FillWithNaN();

            var (alone, byPlan, byEager) = (
                plan.Forward(input[..1].clone()),
                plan.Forward(input.clone()),
                eager.Forward(input.clone())
            );

            // libtorch computes float64 by plain loops, float32 by oneDNN: what one gets wrong the other doesn't.
            using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
            using var reference = new EagerExecutor(graph, inFloat64);
            var wanted = reference.Forward(input.to(float64));

            // A pool's window may lie in the padding wholly: -infinity, and nothing to compare after it.
            if (!wanted.isfinite().all().item<bool>())
                continue;
            compared++;
            foreach (
                var (name, scores) in new[] { ("plan", byPlan), ("eager executor", byEager), ("plan of one", alone) }
            )
            {
                var expected = wanted[..(int)scores.shape[0]];
                var off = ((scores.to(float64) - expected).abs() / expected.abs().clamp_min(1)).max().item<double>();
                Assert.True(off <= 1e-4, $"case {i}: the {name} is off by {off}: {json.ToJsonString()}");
            }
        }

        Assert.InRange(compared, Cases * 9 / 10, Cases);
    }

    [Fact]
    public void Analyze_BrokenNetworks_NeverCrashesAndPointsAtPlacesThatExist()
    {
        var architectures = new RandomArchitectures(TestSeed.Get());
        var refused = 0;
        for (var i = 0; i < Cases; i++)
        {
            var json = JsonSerializer.SerializeToElement(architectures.Mutate(architectures.Next()));
            try
            {
                ArchitectureReader.Analyze(json, new ArchitectureLimits());
            }
            catch (ServingException exception)
            {
                refused++;
                Assert.Equal(ErrorCode.DefinitionInvalid, exception.Code);
                Assert.NotEmpty(exception.Errors);
                Assert.All(
                    exception.Errors,
                    error => Assert.True(Exists(json, error.Pointer), $"{error.Pointer} in {json}")
                );
            }
        }

        Assert.True(refused > Cases / 4, $"Only {refused} of {Cases} mutants were refused: the mutations don't bite.");
    }

    [Fact]
    public void Write_RandomNetworks_ReadsBackAsTheSame()
    {
        var architectures = new RandomArchitectures(TestSeed.Get());
        for (var i = 0; i < Cases; i++)
        {
            var (first, analysis) = Read(JsonSerializer.SerializeToElement(architectures.Next()));

            var written = ArchitectureWriter.Write(first, analysis);
            var (second, again) = Read(JsonSerializer.SerializeToElement(written));

            Assert.Equal(written.ToJsonString(), ArchitectureWriter.Write(second, again).ToJsonString());
            Assert.Equal(
                analysis.StateDict.Select(tensor => $"{tensor.Name} {string.Join(",", tensor.Shape)}"),
                again.StateDict.Select(tensor => $"{tensor.Name} {string.Join(",", tensor.Shape)}")
            );
            Assert.Equal(
                (analysis.Macs, analysis.Parameters, analysis.Output.ToString()),
                (again.Macs, again.Parameters, again.Output.ToString())
            );
        }
    }

    private static (ArchitectureDefinition Definition, ArchitectureAnalysis Analysis) Read(JsonElement json)
    {
        var errors = new DefinitionErrors();
        var definition = new StrictReader(errors).Read<ArchitectureDefinition>(json, "")!;
        var analysis = ArchitectureAnalyzer.Analyze(definition, new ArchitectureLimits(), errors);
        Assert.Empty(errors);
        return (definition, analysis);
    }

    private static bool Exists(JsonElement json, string pointer)
    {
        foreach (var token in pointer.Split('/').Skip(1))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (json.ValueKind == JsonValueKind.Array)
            {
                if (
                    int.Parse(name, System.Globalization.CultureInfo.InvariantCulture) is var index
                    && index >= json.GetArrayLength()
                )
                {
                    return false;
                }

                json = json[index];
            }
            else if (!json.TryGetProperty(name, out json))
            {
                return false;
            }
        }

        return true;
    }
}
