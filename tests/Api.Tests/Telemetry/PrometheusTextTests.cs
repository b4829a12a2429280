using ModelService.Api.Telemetry;
using ModelService.Models.Execution;

namespace ModelService.Api.Tests.Telemetry;

public sealed class PrometheusTextTests
{
    [Fact]
    public void Write_CounterAndHistogram_IsTheTextFormat()
    {
        Assert.Equal(
            """
            # TYPE inputs_total counter
            # HELP inputs_total Inputs.
            inputs_total{model="a"} 12345678901
            inputs_total{model="\"\\\n"} 0.5

            """.ReplaceLineEndings("\n"),
            PrometheusText.Write(
                new MetricFamily(
                    "inputs_total",
                    "counter",
                    "Inputs.",
                    [new("", [("model", "a")], 12_345_678_901), new("", [("model", "\"\\\n")], 0.5)]
                )
            )
        );
        Assert.Equal(
            "# TYPE size histogram\n# HELP size Sizes.\nsize_bucket{model=\"a\",le=\"+Inf\"} 2\n",
            PrometheusText.Write(
                new MetricFamily("size", "histogram", "Sizes.", [new("_bucket", [("model", "a"), ("le", "+Inf")], 2)])
            )
        );
    }

    [Fact]
    public void Write_NoValues_IsNothing() =>
        Assert.Empty(PrometheusText.Write(new MetricFamily("a", "gauge", "A.", [])));
}
