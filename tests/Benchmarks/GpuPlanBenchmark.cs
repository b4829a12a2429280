using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// Milliseconds per image on a GPU by module and by plan, each plan also without cuDNN's fused convolutions. Medians of
/// rounds that take turns; the copy of the scores to the CPU counts, that of the images to the GPU does not.
/// </summary>
internal static class GpuPlanBenchmark
{
    public static void Run(IEnumerable<string> networks)
    {
        NativeRuntime.Prepare(new ComputeOptions());
        var gpu = ComputeDevice.Find("cuda");
        Console.WriteLine("network       batch  module     f32  unfused      f16  unfused     bf16  unfused");
        foreach (var network in networks)
        {
            var analysis = BenchmarkNetworks.Analyze(network);
            using var scope = NewDisposeScope();
            using var inference = inference_mode();
            using var onCpu = ParameterStore.Create(analysis.StateDict, seed: 1, []);
            using var parameters = onCpu.CopyTo(gpu);
            var graph = analysis.ToPlan();
            var executors = new List<IExecutor> { new EagerExecutor(graph, parameters) };
            foreach (var precision in new[] { Precision.Float32, Precision.Float16, Precision.BFloat16 })
            {
                var plan = PlanPasses.Compile(graph, new PlanTarget(precision, ForCpu: false));
                executors.Add(new TorchScriptExecutor(plan, parameters, precision, gpu));
                executors.Add(new TorchScriptExecutor(Unfused(plan), parameters, precision, gpu));
            }

            foreach (var batch in new[] { 1, 8, 32 })
            {
                var input = randn([batch, .. analysis.Input.Sizes]).to(gpu);
                var cases = executors.ConvertAll(executor => MeasuredCase.Of(() => executor.Forward(input).cpu()));
                for (var round = 0; round <= 3; round++)
                    cases.ForEach(item => item.Round(batch, isWarmup: round == 0));
                var figures = string.Concat(cases.Select(item => $"{item.Median, 9:f3}"));
                Console.WriteLine($"{network, -14}{batch, 5}{figures}");
            }

            executors.ForEach(executor => executor.Dispose());
        }
    }

    private static Plan Unfused(Plan plan) =>
        plan with
        {
            Operators =
            [
                .. plan.Operators.Select(item =>
                    item is WeightedOperator weighted ? weighted with { KernelKind = KernelKind.Plain } : item
                ),
            ],
        };
}
