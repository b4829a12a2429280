using System.Runtime.InteropServices;
using ModelService.Models.Compilation;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Definitions;
using ModelService.Models.Runtime;
using ModelService.Models.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Compilation;

/// <summary>Networks that nobody thought of: plan and module give the logits that the module gives in float64.</summary>
public sealed class RandomNetworkTests
{
    private const int Networks = 320;

    // Scores of such networks are sums of at most a few thousand products, some layers deep.
    private const double Tolerance = 1e-4;

    [Fact]
    public void Forward_AnyNetwork_GivesFloat64sLogitsByPlanAndByModule()
    {
        var first = int.TryParse(Environment.GetEnvironmentVariable("RANDOM_NETWORKS_SEED"), out var given) ? given : Random.Shared.Next(1_000_000);
        TestContext.Current.SendDiagnosticMessage($"Random networks {first} to {first + Networks - 1}; RANDOM_NETWORKS_SEED={first} repeats them.");

        for (var seed = first; seed < first + Networks; seed++)
        {
            var network = RandomNetworks.Grow(seed);
            var failure = Attempt(network, seed);
            Assert.True(failure is null, $"Seed {seed}: {failure}\n{network}");
        }
    }

    private static string? Attempt(string network, int seed)
    {
        try
        {
            return Compare(network, seed);
        }
        catch (ExternalException exception)
        {
            return exception.Message.Split("\n  frame")[0];
        }
    }

    private static string? Compare(string network, int seed)
    {
        var analysis = Support.Networks.Analyze(network);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var module = LoadedModule.Create(analysis, seed, []);
        SetStatistics(module);
        using var plan = new CompiledPlan(PlanPasses.Compile(analysis, Precision.Float32, forCpu: true), module, Precision.Float32, CPU);
        foreach (var count in new[] { 1, 3 })
        {
            var input = randn([count, .. analysis.Input.Sizes]);
            Poison.FreeMemory();
            var byPlan = plan.Forward(input.clone()).to(float64);
            var byModule = module.call(input.clone()).to(float64);
            module.to(float64);
            var expected = module.call(input.to(float64));
            module.to(float32);
            var scale = Math.Max(1, expected.abs().max().item<double>());
            var (planOff, moduleOff) = ((byPlan - expected).abs().max().item<double>(), (byModule - expected).abs().max().item<double>());

            // Norms of nearly equal numbers blow rounding up, in the module too.
            if (!(planOff <= Math.Max(Tolerance * scale, 100 * moduleOff))) return $"the plan is off by {planOff} at {count} (the module by {moduleOff}, the largest logit {scale})";
            if (!(moduleOff <= Tolerance * scale)) return $"the module is off by {moduleOff} at {count}";
        }

        return null;
    }

    // Fresh statistics are 0 and 1, which would hide a norm that is not folded in.
    private static void SetStatistics(BlockModule module)
    {
        foreach (var (name, tensor) in module.state_dict())
        {
            if (name.EndsWith("running_mean", StringComparison.Ordinal)) tensor.normal_(0, 0.3);
            else if (name.EndsWith("running_var", StringComparison.Ordinal)) tensor.uniform_(0.5, 2);
            else if (tensor.dim() == 1 && name.EndsWith("weight", StringComparison.Ordinal)) tensor.uniform_(-1.5, 1.5);
        }
    }
}
