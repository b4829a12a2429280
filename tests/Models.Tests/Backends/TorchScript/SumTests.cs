using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Backends.TorchScript;

/// <summary>
/// Convolutions that add their result to an addend in memory give the numbers of float64, whatever lay in other memory
/// before.
/// </summary>
public sealed class SumTests
{
    public static TheoryData<string, int, int, int, string?> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int, int, string?>();
            foreach (
                var (type, activation) in new[]
                {
                    ("conv1d", "relu"),
                    ("conv2d", null),
                    ("conv2d", "relu"),
                    ("conv2d", "gelu"),
                    ("conv3d", "relu"),
                }
            )
            {
                foreach (var channels in new[] { 12, 16, 40, 48, 64, 256, 512 })
                {
                    if (type == "conv3d" && channels > 64)
                        continue;
                    foreach (var kernel in new[] { 1, 3 })
                    {
                        cases.Add(type, channels, kernel, 1, activation);
                        if (channels < 256)
                            cases.Add(type, channels, kernel, channels, activation);
                    }
                }
            }

            return cases;
        }
    }

    // One input and several, for which the weights are packed otherwise.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_SumWithAConvolution_ComputesWhatFloat64Computes(
        string type,
        int channels,
        int kernel,
        int groups,
        string? activation
    )
    {
        var sides = type switch
        {
            "conv1d" => "50",
            "conv2d" => "12, 10",
            _ => "5, 6, 4",
        };
        string Conv(int kernelSize, int inGroups) =>
            $$"""
                { "type": "{{type}}", "out_channels": {{channels}}, "kernel_size": {{kernelSize}}, "padding": "same",
                  "groups": {{inGroups}} }
                """;
        var ending = activation is null ? "" : $", \"activation\": \"{activation}\"";
        var network = Networks.Analyze(
            $$"""
            { "input": { "shape": [5, {{sides}}] },
              "layers": [{{Conv(1, 1)}}, { "type": "residual",
              "body": [{{Conv(1, groups)}}, {{Conv(kernel, groups)}}]{{ending}} }, { "type": "flatten" }] }
            """
        );

        foreach (var count in new[] { 1, 3 })
            Assert.InRange(PlanDifference.Of(network, Precision.Float32, count), 0, 1e-5);
    }
}
