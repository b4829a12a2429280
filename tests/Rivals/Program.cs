using ModelService.Benchmarks;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Int8;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Rivals;
using static TorchSharp.torch;

// dotnet run -c Release --project tests/Rivals -- [--int8] [--save] resnet50
// Milliseconds per image by the plan and by ONNX Runtime, both in float32 or both with 8-bit integers, taking turns;
// each the median over the rounds of the fastest run in each. --save only writes resnet50.onnx, for a server that is
// compared with this one.
const int Rounds = 7;
var isInt8 = args.Contains("--int8");
var isSaved = args.Contains("--save");
string[] named = [.. args.Where(name => !name.StartsWith("--", StringComparison.Ordinal))];
NativeRuntime.Prepare(new ComputeOptions());
Console.WriteLine("network       threads batch     plan  ONNX Runtime   plan / ONNX Runtime");
foreach (var network in named.Length > 0 ? named : BenchmarkNetworks.Names)
{
    var analysis = BenchmarkNetworks.Analyze(network);
    var graph = analysis.ToPlan();
    using var scope = NewDisposeScope();
    using var inference = inference_mode();
    using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);

    // So that values stay of one size from layer to layer, as those of trained networks do, and mistakes show in the
    // logits (He et al. 2015).
    foreach (var weight in parameters.StateDict.Values.Where(tensor => tensor.dim() > 1))
        weight.normal_(0, Math.Sqrt(2.0 / weight.flatten(1).shape[1]));
    var file = isInt8
        ? QuantizedOnnx.Write(analysis, parameters, randn([32, .. analysis.Input.Sizes]))
        : OnnxFile.Write(graph, OnnxFile.Nodes(graph), parameters.StateDict, [($"{graph.Output}", graph.Output.Shape)]);
    if (isSaved)
    {
        File.WriteAllBytes($"{network}.onnx", file);
        continue;
    }

    foreach (var threads in new[] { 1, 2 })
    {
        // Weights are packed for so many threads.
        NativeRuntime.ComputeWith(threads);
        using var parts = new IntraBatchPool(threads, "parts");
        using var exact = PlanVerification.Build(graph, parameters, CPU, Precision.Float32);

        // The speed does not depend on the formats.
        using var plan = isInt8
            ? PlanVerification.Build(graph, parameters, CPU, Precision.Float32, QuantizableLayers.AnyFormats(graph))
            : PlanVerification.Build(graph, parameters, CPU, Precision.Float32);
        using var onnx = new OnnxSession(file, threads);
        foreach (var batch in new[] { 1, 8 })
        {
            var input = randn([batch, .. analysis.Input.Sizes]);
            var rival = onnx.On(input, exact.Forward(input), tolerance: isInt8 ? 0.2 : 1e-4);
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
