using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>
/// The gradients of convolutions of every width are those of float64, whatever lay in memory before. In a gradient,
/// outputs become inputs, which oneDNN lays out in blocks of channels (docs/decisions/0005).
/// </summary>
public sealed class ConvolutionGradientTests
{
    public static TheoryData<string, int, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int>();
            int[] widths = [1, 3, 8, 12, 16, 17, 20, 24, 31, 40, 48];
            foreach (var type in new[] { "conv1d", "conv2d", "conv3d" })
            {
                foreach (var (index, width) in widths.Index())
                {
                    cases.Add(type, 5, width);
                    cases.Add(type, width, widths[(index + 4) % widths.Length]);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_AnyNumberOfChannels_GivesTheGradientsOfFloat64(string type, int channelsIn, int channelsOut)
    {
        var sides = type switch
        {
            "conv1d" => "90",
            "conv2d" => "12, 10",
            _ => "5, 6, 4",
        };
        string Conv(string name, int channels) =>
            $$"""
                { "type": "{{type}}", "name": "{{name}}", "out_channels": {{channels}},
                  "kernel_size": 3, "padding": 1 },
                { "type": "tanh" }
                """;
        var analysis = Networks.Analyze(
            $$"""
            { "input": { "shape": [2, {{sides}}] },
              "layers": [{{Conv("a", channelsIn)}}, {{Conv("b", channelsOut)}}, {{Conv("c", 4)}}] }
            """
        );
        using var scope = NewDisposeScope();
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
        var input = RandomInputs.Normal(seed: 1, [3, .. analysis.Input.Sizes]);
        FreeMemory.FillWithNaN();
        Differentiate(analysis, parameters, input);
        Differentiate(analysis, inFloat64, input.to(float64));

        foreach (var name in parameters.StateDict.Keys)
        {
            var expected = inFloat64[name].grad!;
            var off = (parameters[name].grad!.to(float64) - expected).abs().max() / expected.abs().max();
            Assert.True(off.item<double>() <= 1e-5, $"The gradient of {name} is off by {off.item<double>()}.");
        }
    }

    private static void Differentiate(ArchitectureAnalysis analysis, ParameterStore parameters, Tensor input)
    {
        using var executor = new EagerExecutor(analysis.ToPlan(), parameters);
        foreach (var tensor in parameters.StateDict.Values)
            tensor.requires_grad = true;
        using var result = executor.Run(input, EagerMode.Training, gradient: true);
        result.Output.square().sum().backward();
    }
}
