using System.Runtime.InteropServices;
using System.Text.Json;
using ModelService.Models.Evaluation;

namespace ModelService.Models.Tests.Evaluation;

/// <summary>Logits and labels of <c>training/metrics.json</c>, with what scikit-learn says of them.</summary>
internal sealed class EvaluationFixture
{
    private EvaluationFixture(string name)
    {
        Expected = Fixtures.Json("training", "metrics.json").GetProperty("sets").GetProperty(name);
        var file = SafetensorsFile.Read(Fixtures.Path("training", "metrics.safetensors"));
        var labels = MemoryMarshal.Cast<byte, long>(file.Bytes($"{name}.labels")).ToArray();
        Scores = new LabelledLogits(
            file.Floats($"{name}.logits"),
            labels.Select(label => (int)label),
            Expected.GetProperty("classes").GetInt32()
        );
    }

    public static TheoryData<string> Names => ["overconfident", "timid"];

    public LabelledLogits Scores { get; }

    public JsonElement Expected { get; }

    public static EvaluationFixture Read(string name) => new(name);

    public double Number(params string[] path) =>
        path.Aggregate(Expected, (element, name) => element.GetProperty(name)).GetDouble();
}
