using System.Diagnostics;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// Where a plan's time goes: each operator's is what the plan takes up to it less what it takes up to the one before.
/// Fastest of several runs, the operators taking turns. Between branches that meet later it can be less than nothing:
/// what is up to it may need less than what is up to the one before.
/// </summary>
internal static class PlanProfile
{
    public static void Run(string network, int threads, int batch, int rounds)
    {
        NativeRuntime.Prepare(new ComputeOptions());
        NativeRuntime.ComputeWith(threads);
        var analysis = BenchmarkNetworks.Analyze(network);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);

        // Operators by themselves: all at once, where the plan would compute some of them in pairs of inputs.
        var plan = PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true)) with
        {
            OperatorsInPairs = 0,
        };
        var input = randn([batch, .. analysis.Input.Sizes]);
        var until = new double[plan.Operators.Count];
        Array.Fill(until, double.PositiveInfinity);
        var parts = plan
            .Operators.Select(
                (item, index) =>
                    new TorchScriptExecutor(
                        plan with
                        {
                            Operators = [.. plan.Operators.Take(index + 1)],
                            Output = item.Output,
                        },
                        parameters,
                        Precision.Float32,
                        CPU
                    )
            )
            .ToList();
        for (var round = 0; round <= rounds; round++)
        {
            for (var index = 0; index < parts.Count; index++)
                until[index] = Math.Min(until[index], Milliseconds(parts[index], input));
        }

        parts.ForEach(part => part.Dispose());
        Console.WriteLine(
            $"{network}, {threads} threads, batch {batch}, float32: {until[^1]:f3} ms, "
                + $"{2e-6 * analysis.Macs * batch / until[^1]:f0} GFLOP/s"
        );
        foreach (var (item, index) in plan.Operators.Select((item, index) => (item, index)))
        {
            var ms = until[index] - (index == 0 ? 0 : until[index - 1]);
            Console.WriteLine(
                $"{ms, 9:f3} ms {ms / until[^1], 6:p1}  {Name(item), -24} {item.Inputs[0].Shape} -> "
                    + $"{item.Output.Shape}  {item.Key}"
            );
        }
    }

    private static string Name(Operator item) =>
        item switch
        {
            WeightedOperator weighted => $"{(item is LinearOperator ? "linear" : "conv")} {weighted.KernelKind}"
                + $"{(weighted.HasAddend ? " +" : "")} {weighted.Activation?.Kind}",
            ActivationOperator activation => $"{activation.Function.Kind}",
            _ => item.GetType().Name,
        };

    // Several calls to a measurement, that small networks are not measured by the clock's steps.
    private static double Milliseconds(TorchScriptExecutor part, Tensor input)
    {
        var calls = 0;
        var started = Stopwatch.GetTimestamp();
        do
        {
            using (NewDisposeScope())
                part.Forward(input);
            calls++;
        } while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < 2);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / calls;
    }
}
