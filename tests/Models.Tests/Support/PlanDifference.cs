using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>How far a plan is from the module in float64.</summary>
internal static class PlanDifference
{
    /// <summary>
    /// The largest difference between outputs, relative to the largest output. Free memory holds NaN before the plan
    /// runs.
    /// </summary>
    public static double Of(ArchitectureAnalysis analysis, Precision precision, int count)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var module = LoadedModule.Create(analysis, seed: 1, []);
        using var plan = new CompiledPlan(
            PlanPasses.Compile(analysis.ToPlan(), precision, forCpu: true, allowManaged: false),
            module,
            precision,
            CPU
        );
        var input = RandomInputs.Normal(seed: 1, [count, .. analysis.Input.Sizes]);
        FreeMemory.FillWithNaN();
        var scores = plan.Forward(input.clone()).to(float64);
        module.to(float64);
        var expected = module.call(input.to(float64));
        return ((scores - expected).abs().max() / expected.abs().max()).item<double>();
    }
}
