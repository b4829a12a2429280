using System.Globalization;
using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Backends.Native;
using ModelService.Models.Int8;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// Milliseconds per image by module and by plan, and their ratios. The floor is what the network's arithmetic takes at
/// the speed of a large convolution. The cases of one network take turns over the rounds, so that a busy machine slows
/// all of them; each figure is the median over the rounds of the fastest run in each.
/// </summary>
internal static class PlanBenchmark
{
    private static readonly JsonElement Large = JsonElement.Parse(
        """
        { "input": { "channels": 256, "height": 56, "width": 56 },
          "layers": [{ "type": "conv2d", "out_channels": 256, "kernel_size": 3, "padding": 1 }] }
        """
    );

    public static void Run(string[] args)
    {
        NativeRuntime.Prepare(new ComputeOptions());
        var rounds = int.Parse(Option(args, "--rounds") ?? "5", CultureInfo.InvariantCulture);
        Console.WriteLine(
            "network       threads batch   module  plan f32 plan bf16 plan int8   f32/module  bf16/f32  int8/f32   "
                + "GFLOP/s f32  floor ms"
        );
        foreach (
            var network in BenchmarkNetworks.Names.Where(name => Option(args, "--only") is not { } only || only == name)
        )
        {
            Measure(network, rounds);
        }
    }

    private static void Measure(string network, int rounds)
    {
        var analysis = BenchmarkNetworks.Analyze(network);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var eager = new EagerExecutor(analysis.ToPlan(), parameters);
        foreach (var threads in new[] { 1, 2 })
        {
            // Weights are packed for so many threads.
            NativeRuntime.ComputeWith(threads);
            using var parts = new IntraBatchPool(threads, "parts");
            using var float32 = PlanVerification.Build(analysis.ToPlan(), parameters, CPU, Precision.Float32);
            using var bfloat16 = Precisions.ProcessorHasBFloat16
                ? PlanVerification.Build(analysis.ToPlan(), parameters, CPU, Precision.BFloat16)
                : null;
            using var int8 = PlanVerification.Build(
                analysis.ToPlan(),
                parameters,
                CPU,
                Precision.Float32,
                QuantizableLayers.AnyFormats(analysis.ToPlan()) // the speed does not depend on the formats
            );
            var peak = Peak();
            foreach (var batch in new[] { 1, 8 })
            {
                var input = randn([batch, .. analysis.Input.Sizes]);
                var cases = new List<MeasuredCase>
                {
                    MeasuredCase.Of(() => eager.Forward(input)),
                    MeasuredCase.Of(() => float32.Forward(input, parts)),
                    MeasuredCase.Of(() => int8.Forward(input, parts)),
                };
                if (bfloat16 is not null)
                    cases.Add(MeasuredCase.Of(() => bfloat16.Forward(input, parts)));
                for (var round = 0; round <= rounds; round++)
                {
                    foreach (var item in cases)
                        item.Round(batch, isWarmup: round == 0);
                }

                var ms = cases.ConvertAll(item => item.Median);
                var (module, float32Ms, int8Ms) = (ms[0], ms[1], ms[2]);
                var bfloat16Ms = ms.ElementAtOrDefault(3); // 0 where the processor has no instructions for it
                var (flops, floor) = (2e-6 * analysis.Macs / float32Ms, 2e-6 * analysis.Macs / peak);
                Console.WriteLine(
                    $"{network, -14}{threads, 6}{batch, 6}{module, 9:f2}{float32Ms, 10:f2}{bfloat16Ms, 10:f2}"
                        + $"{int8Ms, 10:f2}{float32Ms / module, 13:f2}{bfloat16Ms / float32Ms, 10:f2}"
                        + $"{int8Ms / float32Ms, 10:f2}{flops, 14:f0}{floor, 10:f2}"
                );
            }
        }
    }

    // What the processor gives at most, in GFLOP/s: a large convolution whose numbers are used many times over.
    private static double Peak()
    {
        var analysis = ArchitectureReader.Analyze(Large, new ArchitectureLimits());
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var plan = PlanVerification.Build(analysis.ToPlan(), parameters, CPU, Precision.Float32);
        var input = randn([1, .. analysis.Input.Sizes]);
        var runs = MeasuredCase.Of(() => plan.Forward(input));
        for (var round = 0; round < 3; round++)
            runs.Round(batch: 1, isWarmup: false);
        return 2e-6 * analysis.Macs / runs.Fastest;
    }

    private static string? Option(string[] args, string name) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}
