using ModelService.Benchmarks;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Rivals;
using static TorchSharp.torch;

// dotnet run -c Release --project tests/Rivals -- resnet50
// Milliseconds per image by the plan and by ONNX Runtime, float32, taking turns; each the median over the rounds of the
// fastest run in each.
const int Rounds = 7;
NativeRuntime.Prepare(new ComputeOptions());
Console.WriteLine("network       threads batch     plan  ONNX Runtime   plan / ONNX Runtime");
foreach (var network in args.Length > 0 ? args : BenchmarkNetworks.Names)
{
    var analysis = BenchmarkNetworks.Analyze(network);
    using var scope = NewDisposeScope();
    using var inference = inference_mode();
    using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
    foreach (var threads in new[] { 1, 2 })
    {
        // Weights are packed for so many threads.
        NativeRuntime.ComputeWith(threads);
        using var parts = new IntraBatchPool(threads, "parts");
        using var plan = new TorchScriptExecutor(
            PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true)),
            parameters,
            Precision.Float32,
            CPU
        );
        using var onnx = new OnnxSession(analysis, parameters.StateDict, threads);
        foreach (var batch in new[] { 1, 8 })
        {
            var input = randn([batch, .. analysis.Input.Sizes]);
            var rival = onnx.On(input, plan.Forward(input));
            var (ours, theirs) = (MeasuredCase.Of(() => plan.Forward(input, parts)), new MeasuredCase(() => rival()));
            for (var round = 0; round <= Rounds; round++)
            {
                ours.Round(batch, isWarmup: round == 0);
                theirs.Round(batch, isWarmup: round == 0);
            }

            Console.WriteLine(
                $"{network, -14}{threads, 6}{batch, 6}{ours.Median, 9:f2}{theirs.Median, 14:f2}"
                    + $"{ours.Median / theirs.Median, 22:f2}"
            );
        }
    }
}
