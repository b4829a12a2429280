using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Explanation;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Benchmarks;

/// <summary>
/// What explanations take beside predictions by the plan, with plans that are there already: Grad-CAM of the default
/// layer and of earlier ones, and an occlusion beside as many predictions in batches.
/// </summary>
internal static class ExplainBenchmark
{
    private const int AtOnce = 16;

    private static readonly (string Network, string[] Layers)[] Cases =
    [
        ("resnet50", ["layer4", "layer3", "layer2"]),
        ("resnet18", ["layer4", "layer3"]),
        ("alexnet", ["features.11", "features.4"]),
        ("vgg11_bn", ["avgpool"]),
        ("mobilenet_v2", ["features.18", "features.13"]),
    ];

    public static void Run(string? only)
    {
        NativeRuntime.Prepare(new ComputeOptions());
        NativeRuntime.PrepareThread();
        foreach (var (network, layers) in Cases.Where(item => only is null || item.Network == only))
            Measure(network, layers);
    }

    private static void Measure(string network, string[] paths)
    {
        var analysis = BenchmarkNetworks.Analyze(network);
        var layers = NetworkLayers.Of(analysis);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        var built = new Dictionary<int, IExecutor>();
        var explainer = new Explainer(layers.Graph, parameters, CPU, Find);
        var input = new float[analysis.Input.ElementCount];
        for (var i = 0; i < input.Length; i++)
            input[i] = MathF.Sin(i);
        using var forward = explainer.Forward();
        var gradients = new Interleaved().Add($"{network}: prediction by the plan", () => forward.Run(input, 1));
        foreach (var path in paths.Where(path => layers.Graph.LayerOutputs.ContainsKey(path)))
        {
            var layer = layers.FindForMap(path).OrThrow();
            gradients.Add($"Grad-CAM at {path}", () => Explain(layer));
        }

        gradients.Print(rounds: 15);
        if (network == "resnet50" || network == "resnet18")
        {
            // 14x14 squares.
            var grid = new OcclusionGrid(analysis.Input.Sizes, 16, 16);
            var batch = new float[AtOnce * input.Length];
            new Interleaved()
                .Add($"{network}: {grid.Count} predictions in batches of {AtOnce}", () => Predict(grid.Count))
                .Add(
                    $"occlusion {grid.Sizes[0]}x{grid.Sizes[1]}",
                    () => explainer.ByOcclusion(input, static _ => 0, grid, AtOnce, CancellationToken.None)
                )
                .Print(rounds: 3);

            void Predict(int count)
            {
                for (var begin = 0; begin < count; begin += AtOnce)
                {
                    var part = Math.Min(AtOnce, count - begin);
                    forward.Run(batch.AsSpan(0, part * input.Length), part);
                }
            }
        }

        foreach (var executor in built.Values)
            executor.Dispose();

        void Explain(LookedAt layer) =>
            explainer.ByActivations(
                ExplanationMethod.GradCam,
                layer,
                input,
                static logits => Array.IndexOf(logits, logits.Max())
            );

        IExecutor? Find(Plan part)
        {
            if (!built.TryGetValue(part.Output.Number, out var executor))
            {
                executor = PlanVerification.Build(part, parameters, CPU, Precision.Float32);
                built.Add(part.Output.Number, executor);
            }

            return executor;
        }
    }
}
