using ModelService.Imaging.Drawing;
using ModelService.Models.Backends;
using ModelService.Models.Explanation;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Explanation;

/// <summary>The numbers that PyTorch gives.</summary>
public sealed class FixtureExplanationTests
{
    private static readonly Dictionary<string, ExplanationMethod> Cams = new()
    {
        ["grad_cam"] = ExplanationMethod.GradCam,
        ["hires_cam"] = ExplanationMethod.HiresCam,
        ["layer_cam"] = ExplanationMethod.LayerCam,
        ["grad_cam_plus_plus"] = ExplanationMethod.GradCamPp,
    };

    [Theory]
    [InlineData("lesson")]
    [InlineData("residual")]
    [InlineData("resnet18")]
    [InlineData("alexnet")]
    public void Explain_FixturePhotos_GivesPyTorchsMaps(string name)
    {
        var net = Fixtures.Json("explain", "manifest.json").GetProperty("nets").GetProperty(name);
        var expected = SafetensorsFile.Read(Fixtures.Path("explain", $"{name}.safetensors"));
        var analysis = Analyze(name);
        using var parameters = Parameters(name, analysis);
        var layers = NetworkLayers.Of(analysis);
        using var plans = new Plans(parameters);
        var explainer = new Explainer(layers.Graph, parameters, CPU, plans.Find);
        var tolerance = net.GetProperty("tolerance");
        foreach (var photo in net.GetProperty("photos").EnumerateObject())
        {
            var input = Input(photo.Value.GetProperty("input").GetString()!);
            foreach (var chosen in photo.Value.GetProperty("classes").EnumerateArray().Select(item => item.GetInt32()))
            {
                var key = $"{photo.Name}/{chosen}/";
                foreach (var layer in net.GetProperty("cam_layers").EnumerateArray().Select(item => item.GetString()!))
                {
                    foreach (var (method, value) in Cams)
                    {
                        var raw = explainer.ByActivations(
                            value,
                            layers.FindForMap(layer).OrThrow(),
                            input,
                            _ => chosen
                        );
                        var map = raw.Map.Select(number => Math.Max(number, 0)).ToArray();
                        var most = tolerance.GetProperty(method).GetDouble();
                        Compare($"{key}{method}/{layer}", expected, map, most);
                        if (expected.Names.Contains($"{key}{method}/{layer}/upsampled"))
                        {
                            var upsampled = new HeatMap(raw.Map, raw.Sizes[0], raw.Sizes[1]).Resize(32, 32);
                            Compare($"{key}{method}/{layer}/upsampled", expected, upsampled, most);
                        }
                    }
                }

                // One point at a time, as there. In a batch, oneDNN sums in another order, and a relu whose input is
                // within a rounding of 0 at one of the points lets its gradient through or not: 4e-4 of a map.
                var integrated = explainer.ByIntegration(
                    input,
                    _ => chosen,
                    32,
                    name is "resnet18" or "alexnet" ? 8 : 1,
                    CancellationToken.None
                );
                Compare(
                    $"{key}integrated_gradients",
                    expected,
                    Blocks(integrated, net.GetProperty("block").GetInt32()),
                    tolerance.GetProperty("integrated_gradients").GetDouble()
                );
                CompareCompleteness(photo.Value, chosen, integrated.Completeness!);
                var square = net.GetProperty("occlusion");
                var occluded = explainer.ByOcclusion(
                    input,
                    _ => chosen,
                    new OcclusionGrid(
                        analysis.Input.Sizes,
                        square.GetProperty("window").GetInt32(),
                        square.GetProperty("stride").GetInt32()
                    ),
                    atOnce: 16,
                    CancellationToken.None
                );
                Compare($"{key}occlusion", expected, occluded.Map, tolerance.GetProperty("occlusion").GetDouble());
            }
        }
    }

    [Theory]
    [InlineData("lesson", "5")]
    [InlineData("residual", "layer2")]
    [InlineData("resnet18", "layer4")]
    public void Default_FixtureNetworks_IsTheLastWithPlaces(string name, string layer) =>
        Assert.Equal(layer, NetworkLayers.Of(Analyze(name)).Default().OrThrow().Path);

    internal static ArchitectureAnalysis Analyze(string name) =>
        PredefinedArchitectures.Find(name)?.Analyze(new ArchitectureLimits()) ?? Networks.Fixture(name);

    internal static ParameterStore Parameters(string name, ArchitectureAnalysis analysis)
    {
        if (PredefinedArchitectures.Find(name) is null)
        {
            using var weights = WeightsFile.Open(
                Fixtures.Path("weights", name, $"{name}.safetensors"),
                WeightsLimits.Default
            );
            var report = StateDictMatch.Compare(analysis.StateDict, weights.Tensors);
            report.ThrowIfMismatched();
            return ParameterStore.Create(analysis.StateDict, seed: null, report.Pairs);
        }

        var golden = Fixtures.Json("goldens", $"{name}.json");
        var store = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        foreach (var spec in analysis.StateDict.Where(spec => !spec.IsCounter))
        {
            FormulaWeights
                .Values(
                    spec.Name,
                    [.. spec.Shape],
                    golden.GetProperty("gain").GetDouble(),
                    golden.GetProperty("salt").GetString()!
                )
                .CopyTo(TensorMemory.Elements<float>(store[spec.Name]));
        }

        return store;
    }

    private static float[] Input(string place)
    {
        var parts = place.Split('#');
        return SafetensorsFile.Read(Fixtures.Path(parts[0].Split('/'))).Floats(parts[1]);
    }

    private static void Compare(string name, SafetensorsFile expected, double[] map, double tolerance)
    {
        var numbers = expected.Floats(name);
        Assert.Equal(numbers.Length, map.Length);
        var most = numbers.Max(Math.Abs);
        var off = numbers.Zip(map, (left, right) => Math.Abs(left - right)).Max();
        Assert.True(off <= tolerance * most, $"{name}: off by {off / most:g2} of the largest number.");
    }

    private static void CompareCompleteness(System.Text.Json.JsonElement photo, int chosen, Completeness found)
    {
        var expected = photo.GetProperty("statistics").GetProperty($"{chosen}/integrated_gradients/completeness");
        var (sum, difference) = (expected[0].GetDouble(), expected[1].GetDouble());
        Assert.Equal(sum, found.Sum, 4e-3 * Math.Abs(sum));
        Assert.Equal(difference, found.Difference, 1e-3 * Math.Abs(difference));
    }

    private static double[] Blocks(RawExplanation raw, int block)
    {
        var (channels, height, width) = (raw.Sizes[0], raw.Sizes[1], raw.Sizes[2]);
        var sums = new double[channels * (height / block) * (width / block)];
        for (var i = 0; i < raw.Map.Length; i++)
        {
            var (channel, y, x) = (i / (height * width), i / width % height, i % width);
            sums[(((channel * (height / block)) + (y / block)) * (width / block)) + (x / block)] += raw.Map[i];
        }

        return sums;
    }
}

/// <summary>The plans of a network's parts, each built once.</summary>
/// <param name="parameters">The network's tensors; borrowed.</param>
internal sealed class Plans(ParameterStore parameters) : IDisposable
{
    private readonly Dictionary<int, IExecutor> built = [];

    public IExecutor? Find(Plan part)
    {
        if (!built.TryGetValue(part.Output.Number, out var executor))
        {
            executor = PlanVerification.Build(part, parameters, CPU, Precision.Float32);
            built.Add(part.Output.Number, executor);
        }

        return executor;
    }

    public void Dispose()
    {
        foreach (var executor in built.Values)
            executor.Dispose();
    }
}
