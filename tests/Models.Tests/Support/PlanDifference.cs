using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Support;

/// <summary>How far a plan is from the eager executor in float64.</summary>
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
        var graph = analysis.ToPlan();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var plan = new TorchScriptExecutor(
            PlanPasses.Compile(graph, new PlanTarget(precision, ForCpu: true)),
            parameters,
            precision,
            CPU
        );
        var input = RandomInputs.Normal(seed: 1, [count, .. analysis.Input.Sizes]);
        FreeMemory.FillWithNaN();
        var scores = plan.Forward(input.clone()).to(float64);
        using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
        using var reference = new EagerExecutor(graph, inFloat64);
        var expected = reference.Forward(input.to(float64));
        return ((scores - expected).abs().max() / expected.abs().max()).item<double>();
    }
}
