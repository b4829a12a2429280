using ModelService.Models.Backends;
using ModelService.Models.Explanation;
using ModelService.Models.Tests.Backends;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Explanation;

/// <summary>
/// Explanations give their tensors back. The count is the whole process's: nothing else runs beside this test.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ExplainLeakTests
{
    [Fact]
    public void Explain_AThousandTimes_LeavesNoTensors()
    {
        var analysis = FixtureExplanationTests.Analyze("lesson");
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 5, []);
        using var plans = new Plans(parameters);
        var layers = NetworkLayers.Of(analysis);
        var explainer = new Explainer(layers.Graph, parameters, CPU, plans.Find);
        var layer = layers.FindForMap("1").OrThrow();
        var input = Input();
        var grid = new OcclusionGrid(analysis.Input.Sizes, 16, 16);
        Explain();
        var before = Tensor.TotalCount;

        for (var i = 0; i < 250; i++)
            Explain();

        Assert.True(Tensor.TotalCount <= before, $"{Tensor.TotalCount - before} tensors are left over.");

        void Explain()
        {
            explainer.ByActivations(ExplanationMethod.GradCam, layer, input, _ => 1);
            explainer.ByActivations(ExplanationMethod.LayerCam, layers.Default().OrThrow(), input, _ => 1);
            explainer.ByIntegration(input, _ => 1, 16, 16, CancellationToken.None);
            explainer.ByOcclusion(input, _ => 1, grid, 4, CancellationToken.None);
            explainer.Output(layer.Value, input);
        }
    }

    private static float[] Input()
    {
        var random = new Random(6);
        return [.. Enumerable.Range(0, 3 * 32 * 32).Select(_ => random.NextSingle())];
    }
}
