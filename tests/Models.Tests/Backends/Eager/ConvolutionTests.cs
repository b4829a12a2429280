using ModelService.Models.Backends;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Eager;

/// <summary>
/// Convolutions of every width compute the right numbers, whatever lay in memory before (docs/decisions/0005).
/// </summary>
public sealed class ConvolutionTests
{
    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var type in new[] { "conv1d", "conv2d", "conv3d" })
            {
                foreach (var channels in new[] { 1, 3, 8, 12, 16, 17, 20, 24, 31, 40, 48 })
                    cases.Add(type, channels);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_AnyNumberOfChannels_ComputesWhatFloat64Computes(string type, int channels)
    {
        int[] sides = type switch
        {
            "conv1d" => [200],
            "conv2d" => [20, 18],
            _ => [8, 9, 7],
        };
        using var model = new CompiledModel(
            Networks.Analyze(
                $$"""
                { "input": { "shape": [{{channels}}, {{string.Join(", ", sides)}}] },
                  "layers": [{ "type": "{{type}}", "out_channels": 24, "kernel_size": 3, "padding": 1,
                  "bias": false }, { "type": "flatten" }] }
                """
            ),
            seed: 1,
            [],
            CPU
        );
        using var scope = NewDisposeScope();
        var input = RandomInputs.Normal(seed: 1, [4, channels, .. sides.Select(side => (long)side)]);
        var weight = model.StateDict["0.weight"].to(float64);
        var padding = sides.Select(_ => 1L).ToArray();
        var expected = type switch
        {
            "conv1d" => nn.functional.conv1d(input.to(float64), weight, padding: 1),
            "conv2d" => nn.functional.conv2d(input.to(float64), weight, padding: padding),
            _ => nn.functional.conv3d(input.to(float64), weight, padding: padding),
        };
        var wanted = expected.contiguous().data<double>().ToArray();
        FreeMemory.FillWithNaN();

        var scores = model.Run(input.data<float>().ToArray(), 4);

        // Weights are below 1 and at most 48 * 27 products are summed: float32 keeps about 1e-6 of that.
        for (var i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], scores[i], 1e-4);
    }
}
