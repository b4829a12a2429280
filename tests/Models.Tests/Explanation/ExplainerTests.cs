using ModelService.Models.Backends;
using ModelService.Models.Explanation;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Explanation;

/// <summary>What holds for explanations of every network.</summary>
public sealed class ExplainerTests
{
    private const string Pooled = """
        { "type": "conv2d", "name": "conv", "out_channels": 8, "kernel_size": 3, "padding": 1 },
        { "type": "relu", "name": "act" },
        { "type": "adaptive_avg_pool2d", "name": "pool", "output_size": 1 }, { "type": "flatten" },
        { "type": "dropout" }, { "type": "linear", "name": "fc", "out_features": 4 }
        """;

    // Looks at the 4x4 square whose top left corner is at (8, 4), and nowhere else.
    private const int Top = 8,
        Left = 4,
        Side = 4;

    private static readonly ExplanationMethod[] Cams =
    [
        ExplanationMethod.GradCam,
        ExplanationMethod.HiresCam,
        ExplanationMethod.LayerCam,
        ExplanationMethod.GradCamPp,
    ];

    public static TheoryData<ExplanationMethod> CamMethods => [.. Cams];

    [Theory]
    [MemberData(nameof(CamMethods))]
    public void ByActivations_PooledHead_IsTheSameInClosedForm(ExplanationMethod method)
    {
        var analysis = Networks.Analyze(Networks.Of(Pooled));
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 3, []);
        var layers = NetworkLayers.Of(analysis);
        var input = Input(1);

        // With a layer that does nothing in between, the form is not recognised.
        var other = Networks.Analyze(
            Networks.Of(
                Pooled.Replace(
                    """{ "type": "flatten" }""",
                    """{ "type": "gelu", "name": "never" }, { "type": "flatten" }""",
                    StringComparison.Ordinal
                )
            )
        );
        var closed = Explain(layers.Graph, parameters, method, layers.Default().OrThrow(), input);
        var cut = GraphCut.Before(layers.Graph, layers.Default().OrThrow().Value);

        Assert.Equal(ExplanationRoute.ClosedForm, closed.Route);
        Assert.Equal("act", layers.Default().OrThrow().Path);
        var others = NetworkLayers.Of(other);
        Assert.Null(PooledHead.Of(GraphCut.Before(others.Graph, others.Default().OrThrow().Value).Tail));
        var expected = WithGradients(method, cut, parameters, input, closed.Class);
        Assert.All(closed.Map.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-7));
    }

    [Fact]
    public void ByActivations_PooledHead_GradCamIsHiresCam()
    {
        var analysis = Networks.Analyze(Networks.Of(Pooled));
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 3, []);
        var layers = NetworkLayers.Of(analysis);
        var layer = layers.Default().OrThrow();

        var grad = Explain(layers.Graph, parameters, ExplanationMethod.GradCam, layer, Input(1));
        var hires = Explain(layers.Graph, parameters, ExplanationMethod.HiresCam, layer, Input(1));

        Assert.All(grad.Map.Zip(hires.Map), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Theory]
    [MemberData(nameof(CamMethods))]
    public void ByActivations_OtherWeights_GiveAnotherMap(ExplanationMethod method)
    {
        var analysis = FixtureExplanationTests.Analyze("residual");
        var layers = NetworkLayers.Of(analysis);
        var maps = new List<double[]>();
        for (var seed = 1; seed <= 2; seed++)
        {
            using var parameters = ParameterStore.Create(analysis.StateDict, seed, []);
            maps.Add(
                Explain(
                    layers.Graph,
                    parameters,
                    method,
                    layers.FindForMap("layer1").OrThrow(),
                    Input(1, 32),
                    _ => 1
                ).Map
            );
        }

        Assert.NotEqual(maps[0], maps[1]);
    }

    [Fact]
    public void Explain_NetworkThatLooksAtASquare_PointsAtTheSquare()
    {
        var (analysis, parameters) = SquareNetwork();
        using var owned = parameters;
        var layers = NetworkLayers.Of(analysis);
        var explainer = new Explainer(layers.Graph, parameters, CPU, static _ => null);
        var input = Input(2);

        foreach (var method in Cams)
        {
            var map = explainer.ByActivations(method, layers.FindForMap("1").OrThrow(), input, _ => 1).Map;
            if (method is ExplanationMethod.HiresCam or ExplanationMethod.LayerCam)
                AssertOnlyTheSquare(map);
        }

        var integrated = explainer.ByIntegration(input, _ => 1, 32, 8, CancellationToken.None);
        var sums = new double[256];
        for (var i = 0; i < integrated.Map.Length; i++)
            sums[i % 256] += integrated.Map[i];
        AssertOnlyTheSquare(sums);
        var occluded = explainer.ByOcclusion(
            input,
            _ => 1,
            new OcclusionGrid(analysis.Input.Sizes, Side, Side),
            4,
            CancellationToken.None
        );
        Assert.Equal([4, 4], occluded.Sizes);
        for (var i = 0; i < 16; i++)
        {
            if (i == (Top / Side * 4) + (Left / Side))
                Assert.True(occluded.Map[i] > 0.1);
            else
                Assert.Equal(0, occluded.Map[i], 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(CamMethods))]
    public void ByActivations_NetworkThatLooksForRed_PointsAtTheRedSquare(ExplanationMethod method)
    {
        var analysis = Networks.Analyze(Networks.Of(Pooled));
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 3, []);
        using (no_grad())
        {
            // The first channel is the red one, and only class 2 looks at it.
            parameters["conv.weight"].zero_();
            parameters["conv.bias"].zero_();
            parameters["conv.weight"].narrow(0, 0, 1).narrow(1, 0, 1).narrow(2, 1, 1).narrow(3, 1, 1).copy_(ones(1));
            parameters["fc.weight"].copy_(parameters["fc.weight"].abs());
        }

        var input = Input(2);
        for (var i = 0; i < 256; i++)
        {
            if (!IsInside(i))
                input[i] = 0;
        }

        var layers = NetworkLayers.Of(analysis);
        AssertOnlyTheSquare(Explain(layers.Graph, parameters, method, layers.Default().OrThrow(), input, _ => 2).Map);
    }

    [Theory]
    [InlineData("lesson")]
    [InlineData("residual")]
    public void ByIntegration_MoreSteps_SumUpToTheDifference(string name)
    {
        var analysis = FixtureExplanationTests.Analyze(name);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 5, []);
        var explainer = new Explainer(analysis.ToPlan(), parameters, CPU, static _ => null);
        var input = Input(3, 32);

        var few = explainer.ByIntegration(input, logits => 2, 16, 8, CancellationToken.None);
        var many = explainer.ByIntegration(input, logits => 2, 64, 8, CancellationToken.None);

        foreach (var raw in new[] { few, many })
        {
            Assert.Equal(raw.Map.Sum(), raw.Completeness!.Sum, 1e-9);
            Assert.Equal(raw.Completeness.Delta, raw.Map.Sum() - raw.Completeness.Difference, 1e-9);
        }

        Assert.True(Math.Abs(many.Completeness!.Delta) < 0.03 * Math.Max(0.1, Math.Abs(many.Completeness.Difference)));
    }

    [Fact]
    public void Explain_ClientLeaves_EndsAtTheNextStep()
    {
        var analysis = FixtureExplanationTests.Analyze("lesson");
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 5, []);
        var explainer = new Explainer(analysis.ToPlan(), parameters, CPU, static _ => null);
        var grid = new OcclusionGrid(analysis.Input.Sizes, 8, 4);
        using var left = new CancellationTokenSource();
        left.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() =>
            explainer.ByIntegration(Input(1, 32), static _ => 0, 32, 8, left.Token)
        );
        Assert.ThrowsAny<OperationCanceledException>(() =>
            explainer.ByOcclusion(Input(1, 32), static _ => 0, grid, 8, left.Token)
        );
    }

    [Fact]
    public void ByActivations_LayerInsideABlock_CutsBeforeTheBlock()
    {
        var analysis = FixtureExplanationTests.Analyze("residual");
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 5, []);
        using var plans = new Plans(parameters);
        var layers = NetworkLayers.Of(analysis);
        var path = layers.Graph.LayerOutputs.Keys.First(key =>
            key.EndsWith("conv1", StringComparison.Ordinal) && key.Contains('.', StringComparison.Ordinal)
        );
        var layer = layers.FindForMap(path).OrThrow();
        var byPlan = new Explainer(layers.Graph, parameters, CPU, plans.Find);

        var map = byPlan.ByActivations(ExplanationMethod.GradCam, layer, Input(4, 32), _ => 0).Map;

        var eager = Explain(layers.Graph, parameters, ExplanationMethod.GradCam, layer, Input(4, 32), _ => 0).Map;
        var most = eager.Max(Math.Abs);
        Assert.All(map.Zip(eager), pair => Assert.Equal(pair.Second, pair.First, 1e-4 * most));
        Assert.NotEqual(layer.Value, GraphCut.Before(layers.Graph, layer.Value).Value);
    }

    [Fact]
    public void ByActivations_Tokens_HaveThePatchGrid()
    {
        // Patches of 4x4 become tokens, and a class token stands before them.
        var graph = new GraphBuilder(new Shape(3, 16, 16));
        var patches = graph.Add(
            "patch",
            new ConvolutionOperator(new NamedWeights("patch.weight"))
            {
                Channels = 6,
                Kernel = [4, 4],
                Stride = [4, 4],
                Padding = [0, 0],
                Dilation = [1, 1],
                Groups = 1,
            },
            graph.Input
        );
        var tokens = graph.Add(
            "tokens",
            new PermuteOperator([0, 2, 1]),
            graph.Add("flat", new ReshapeOperator(new Shape(6, 16)), patches)
        );
        var first = graph.Add("class", new SliceOperator(1, 0, 1), tokens);
        var all = graph.Add("concat", new ConcatOperator(), first, tokens);
        graph.SetOutput("tokens", all);
        var mixed = graph.Add("mixed", new ReshapeOperator(new Shape(17 * 6)), all);
        var head = graph.Add("head", new LinearOperator(new NamedWeights("head.weight")) { Features = 2 }, mixed);
        TensorSpec[] specs =
        [
            new("patch.weight", [6, 3, 4, 4], false) { Initialization = new Initialization.Uniform(0.2) },
            new("head.weight", [2, 102], false) { Initialization = new Initialization.Uniform(0.2) },
        ];
        using var parameters = ParameterStore.Create(specs, seed: 1, []);
        var layers = new NetworkLayers(graph.Build(head), "head");
        var layer = layers.Default().OrThrow();

        var raw = Explain(layers.Graph, parameters, ExplanationMethod.HiresCam, layer, Input(5));

        Assert.Equal("tokens", layer.Path);
        Assert.Equal((1, true), (layer.Form!.Skipped, layer.Form.IsTokens));
        Assert.Equal([4, 4], raw.Sizes);
        Assert.Contains(raw.Map, value => value != 0);
    }

    [Theory]
    [InlineData("vit_b_16", null, "encoder.layers.encoder_layer_11.ln_1", 768, 14, 14)]
    [InlineData("swin_t", null, "permute", 768, 7, 7)]
    [InlineData("swin_t", "features.5.0", "features.5.0", 384, 14, 14)]
    [InlineData("convnext_tiny", "features.7.0", "features.7.0", 768, 7, 7)]
    [InlineData("resnet18", null, "layer4", 512, 7, 7)]
    public void Find_Families_KnowTheirPlaces(
        string name,
        string? asked,
        string path,
        int channels,
        int height,
        int width
    )
    {
        var network = PredefinedArchitectures.Find(name)!.Analyze(new ArchitectureLimits());
        var layers = NetworkLayers.Of(network);

        var layer = (asked is null ? layers.Default() : layers.FindForMap(asked)).OrThrow();

        Assert.Equal(path, layer.Path);
        Assert.Equal(channels, layer.Form!.Channels);
        Assert.Equal([height, width], layer.Form.Sizes);
    }

    private static RawExplanation Explain(
        Plan graph,
        ParameterStore parameters,
        ExplanationMethod method,
        LookedAt layer,
        float[] input,
        Func<float[], int>? choose = null
    ) =>
        new Explainer(graph, parameters, CPU, static _ => null).ByActivations(
            method,
            layer,
            input,
            choose ?? (static logits => Array.IndexOf(logits, logits.Max()))
        );

    // By autograd, without the closed form.
    private static double[] WithGradients(
        ExplanationMethod method,
        GraphCut cut,
        ParameterStore parameters,
        float[] input,
        int chosen
    )
    {
        using var scope = NewDisposeScope();
        using var front = new Models.Backends.Eager.EagerExecutor(cut.Front, parameters);
        var a = front.Forward(tensor(input, [1, 3, 16, 16])).clone().requires_grad_(true);
        var logits = nn.functional.linear(a.mean([2, 3]), parameters["fc.weight"], parameters["fc.bias"]);
        var g = autograd.grad([logits.narrow(1, chosen, 1).sum()], [a])[0];
        return ClassActivation.Compute(method, a.data<float>().ToArray(), g.data<float>().ToArray(), 8);
    }

    private static (ArchitectureAnalysis Analysis, ParameterStore Parameters) SquareNetwork()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "out_channels": 3, "kernel_size": 1, "bias": false }""",
                """{ "type": "relu" }""",
                """{ "type": "flatten" }""",
                """{ "type": "linear", "out_features": 2, "bias": false }"""
            )
        );
        var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var untracked = no_grad();
        parameters["0.weight"].copy_(eye(3).reshape(3, 3, 1, 1));
        var weight = zeros(2, 3, 16, 16);
        weight[1].narrow(1, Top, Side).narrow(2, Left, Side).fill_(1);
        parameters["3.weight"].copy_(weight.reshape(2, 768));
        return (analysis, parameters);
    }

    private static void AssertOnlyTheSquare(double[] map)
    {
        for (var i = 0; i < 256; i++)
        {
            Assert.True(IsInside(i) ? map[i] > 0 : Math.Abs(map[i]) < 1e-6, $"{i}: {map[i]}");
        }
    }

    private static bool IsInside(int place) =>
        place / 16 is >= Top and < Top + Side && place % 16 is >= Left and < Left + Side;

    // Numbers of 0.1 to 1.
    private static float[] Input(int seed, int side = 16)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 3 * side * side).Select(_ => 0.1f + (0.9f * random.NextSingle()))];
    }
}
