using ModelService.Models.Backends;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;

namespace ModelService.Models.Tests.Backends.TorchScript;

/// <summary>
/// Plans of one layer, of every width that could be packed wrongly (docs/decisions/0006), give the numbers of float64.
/// </summary>
public sealed class PackedWeightsTests
{
    private static readonly int[] Widths = [1, 3, 16, 17, 33, 48, 64, 80, 96, 144, 160, 272];

    public static TheoryData<string, Precision> Layers
    {
        get
        {
            var cases = new TheoryData<string, Precision>();
            foreach (var precision in new[] { Precision.Float32, Precision.BFloat16 })
            {
                foreach (
                    var layer in new[]
                    {
                        "conv 3",
                        "conv 1",
                        "linear",
                        "sum 3",
                        "sum 1",
                        "depthwise 3",
                        "depthwise 1",
                        "groups 3",
                    }
                )
                {
                    cases.Add(layer, precision);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Forward_AnyWidth_ComputesWhatFloat64Computes(string layer, Precision precision)
    {
        Assert.SkipWhen(
            precision == Precision.BFloat16 && !Precisions.ProcessorHasBFloat16,
            "This processor has no bfloat16."
        );
        var wrong = new List<string>();
        foreach (var channelsOut in Widths)
        {
            foreach (
                var channelsIn in layer.StartsWith("depthwise", StringComparison.Ordinal)
                    ? [channelsOut]
                    : new[] { 3, 16, 24, 144 }
            )
            {
                var off = Difference(Network(layer.Split(' '), channelsIn, channelsOut), channelsIn, precision);
                if (!(off <= (precision == Precision.Float32 ? 1e-5 : 0.05)))
                    wrong.Add($"{channelsIn}->{channelsOut}: {off:g2}");
            }
        }

        Assert.Empty(wrong);
    }

    private static string Network(string[] layer, int channelsIn, int channelsOut)
    {
        string Conv(int groups, int factor = 1) =>
            $$"""
                { "type": "conv2d", "in_channels": {{channelsIn * groups}}, "out_channels": {{channelsOut * factor}},
                  "kernel_size": {{layer[1]}}, "padding": "same", "groups": {{groups}} }
                """;
        return layer[0] switch
        {
            "linear" => $$"""{ "type": "linear", "out_features": {{channelsOut}} }""",
            "sum" =>
                $$"""{ "type": "residual", "body": [{{Conv(1)}}], "shortcut": {{Conv(1)}}, "activation": "relu" }""",
            "depthwise" => Conv(channelsOut)
                .Replace($"\"in_channels\": {channelsIn * channelsOut}, ", "", StringComparison.Ordinal),
            "groups" => Conv(2, factor: 2),
            _ => Conv(1),
        };
    }

    private static double Difference(string layer, int channelsIn, Precision precision)
    {
        var shape = layer.Contains("linear", StringComparison.Ordinal)
            ? $"{channelsIn}"
            : $"{(layer.Contains("\"groups\": 2 ", StringComparison.Ordinal) ? 2 * channelsIn : channelsIn)}, 5, 6";
        return PlanDifference.Of(
            Networks.Analyze(
                $$"""
                { "input": { "shape": [{{shape}}] }, "layers": [{{layer}}, { "type": "flatten", "start_dim": 1 }] }
                """
            ),
            precision,
            count: 2
        );
    }
}
