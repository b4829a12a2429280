using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Layers;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Language.Reading;
using ModelService.Models.Language.Writing;
using ModelService.Models.Tests.Support;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Language.Writing;

/// <summary>
/// PyTorch itself runs the torch.nn source: its module has the keys and shapes of the analysis, begins with the weights
/// that the service makes of the same seed, and computes what the eager executor computes.
/// </summary>
public sealed class PyTorchExecutionTests(PyTorchProcess pytorch) : IClassFixture<PyTorchProcess>
{
    // Both compute in float64 and give float32.
    private const double Tolerance = 1e-5;

    // The kinds that no fixture network has, or not in each of their forms.
    private static readonly string[] OtherNetworks =
    [
        Networks.Of(
            """{ "type": "adaptive_max_pool2d", "output_size": [5, 3] }""",
            """{ "type": "filter2d", "preset": "sobel_x" }""",
            """{ "type": "filter2d", "preset": "box_blur" }""",
            """{ "type": "softmax", "dim": -1 }""",
            """{ "type": "dropout2d", "p": 0.3 }""",
            """{ "type": "elu", "alpha": 0.5, "inplace": true }""",
            """{ "type": "gelu", "approximate": "tanh" }""",
            """{ "type": "leaky_relu", "negative_slope": 1e-05 }""",
            """{ "type": "softmax" }"""
        ),
        Networks.Of(
            """
            { "type": "residual", "activation": { "type": "elu", "alpha": 2 }, "body": [], "shortcut":
              { "type": "repeat", "times": 2, "layers": [{ "type": "conv2d", "out_channels": 3, "kernel_size": 1 }] } }
            """,
            """
            { "type": "concat", "name": "both", "branches": [{ "type": "identity" }, { "type": "sequential",
              "inline": true, "layers": [{ "type": "conv2d", "out_channels": 2, "kernel_size": 1 }] },
              { "type": "repeat", "times": 3, "layers": [{ "type": "sigmoid" }, { "type": "conv2d", "out_channels": 4,
              "kernel_size": 3, "padding": 1, "padding_mode": "circular" }] }] }
            """,
            """
            { "type": "repeat", "times": 2, "layers": [{ "type": "residual", "body": [{ "type": "residual", "body": [
              { "type": "conv2d", "out_channels": 9, "kernel_size": 3, "padding": "same" }] }] }] }
            """,
            """{ "type": "layer_norm", "normalized_shape": [9, 16, 16], "eps": 0.01 }""",
            """{ "type": "layer_norm", "normalized_shape": [16], "elementwise_affine": false }""",
            """{ "type": "flatten", "start_dim": 2 }""",
            """{ "type": "linear", "out_features": 2, "bias": false }""",
            """{ "type": "flatten" }""",
            """{ "type": "sequential", "layers": [{ "type": "linear", "out_features": 3 }, { "type": "softmax" }] }"""
        ),
        Networks.Of(
            """
            { "type": "sequential", "name": "block1-0", "layers": [{ "type": "conv2d", "out_channels": 2,
              "name": "\u00e9 \"q\" \\ / [0] \u5c42\ud83d\ude00", "kernel_size": 1 }] }
            """,
            """{ "type": "sequential", "name": "block1_0", "layers": [{ "type": "relu", "name": "class" }] }"""
        ),
        Networks.Of(
            """{ "type": "hardtanh", "min_val": -2, "max_val": 1.5 }""",
            """{ "type": "celu", "alpha": 0.5 }""",
            """{ "type": "selu" }""",
            """{ "type": "mish" }""",
            """{ "type": "hardsigmoid" }""",
            """{ "type": "softplus", "beta": 2, "threshold": 1 }""",
            """{ "type": "prelu" }""",
            """{ "type": "prelu", "num_parameters": 3, "init": 0.1 }""",
            """{ "type": "dropout3d" }""",
            """{ "type": "zero_pad2d", "padding": [1, 0, 2, 0] }""",
            """{ "type": "reflection_pad2d", "padding": 2 }""",
            """{ "type": "replication_pad2d", "padding": [0, 1, 0, 1] }""",
            """{ "type": "instance_norm2d", "affine": true }""",
            """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3 }""",
            """{ "type": "channel_shuffle", "groups": 4 }""",
            """{ "type": "pixel_shuffle", "upscale_factor": 2 }""",
            """{ "type": "log_softmax" }"""
        ),
        Networks.Of(
            """{ "type": "conv2d", "out_channels": 8, "kernel_size": 1 }""",
            """{ "type": "training_only", "name": "aux", "layers": [{ "type": "linear", "out_features": 2 }] }""",
            """
            { "type": "gate", "name": "se", "body": [{ "type": "adaptive_avg_pool2d", "output_size": 1 },
              { "type": "conv2d", "name": "fc", "out_channels": 8, "kernel_size": 1 }, { "type": "hardsigmoid" }] }
            """,
            """
            { "type": "residual", "stochastic_depth": 0.2, "key_order": ["proj", "f"], "body": [{ "type": "sequential",
              "name": "f", "layers": [{ "type": "layer_norm2d", "eps": 0.01 }] }, { "type": "layer_scale",
              "name": "scale", "initial": 0.5 }], "shortcut": { "type": "conv2d", "name": "proj", "out_channels": 8,
              "kernel_size": 1 } }
            """,
            """
            { "type": "concat", "split": true, "branches": [{ "type": "identity" }, { "type": "conv2d",
              "out_channels": 4, "kernel_size": 1 }] }
            """,
            """{ "type": "permute", "dims": [0, 2, 3, 1] }""",
            """{ "type": "window_attention", "num_heads": 2, "window_size": [5, 4], "shift_size": 2 }""",
            """{ "type": "window_attention", "num_heads": 2, "window_size": 7, "shift_size": 3, "version": 2 }""",
            """{ "type": "partition_attention", "num_heads": 2, "partition_size": 4 }""",
            """{ "type": "partition_attention", "num_heads": 4, "partition_size": [8, 2], "partition": "grid" }""",
            """{ "type": "patch_merging" }""",
            """{ "type": "patch_merging", "version": 2 }""",
            """{ "type": "permute", "dims": [0, 3, 1, 2] }""",
            """{ "type": "flatten", "start_dim": 2 }""",
            """{ "type": "permute", "dims": [0, 2, 1] }""",
            """{ "type": "class_token", "name": "class_token" }""",
            """{ "type": "position_embedding", "name": "pos_embedding" }""",
            """
            { "type": "residual", "inline": true, "body": [
              { "type": "multi_head_attention", "name": "attention", "num_heads": 4 }] }
            """,
            """{ "type": "select", "index": 0 }"""
        ),
        """
            { "input": { "shape": [4, 30] }, "layers": [{ "type": "instance_norm1d" }, { "type": "dropout1d" },
              { "type": "adaptive_max_pool1d", "output_size": 7 }] }
            """,
        """{ "input": { "shape": [2, 4, 5, 6] }, "layers": [{ "type": "instance_norm3d" }] }""",
        Networks.Of(
            """{ "type": "upsample", "scale_factor": 1.7 }""",
            """{ "type": "upsample", "size": [20, 31], "mode": "bilinear" }""",
            """{ "type": "upsample", "scale_factor": 1.3, "mode": "bilinear" }""",
            """{ "type": "upsample", "scale_factor": 0.9, "mode": "bilinear", "align_corners": true }""",
            """{ "type": "upsample", "size": 16, "mode": "bicubic" }""",
            """{ "type": "upsample", "scale_factor": 1.5, "mode": "bicubic", "align_corners": true }""",
            """{ "type": "alpha_dropout", "p": 0.2 }""",
            """{ "type": "unflatten", "dim": 1, "unflattened_size": [3, 1] }""",
            """{ "type": "unflatten", "dim": -1, "unflattened_size": [2, 3, 4] }""",
            """{ "type": "flatten", "start_dim": 2 }""",
            """{ "type": "upsample", "scale_factor": 0.01, "mode": "linear" }"""
        ),
        """
            { "input": { "shape": [2, 7, 9, 8] }, "layers": [
              { "type": "adaptive_max_pool3d", "output_size": [3, 4, 5] },
              { "type": "upsample", "scale_factor": 2, "mode": "trilinear" }, { "type": "upsample", "size": 5 },
              { "type": "upsample", "size": [4, 6, 3], "mode": "trilinear", "align_corners": true }] }
            """,
        """
            { "input": { "shape": [4, 30] }, "layers": [{ "type": "adaptive_avg_pool1d", "output_size": 9 },
              { "type": "batch_norm1d" }, { "type": "avg_pool1d", "kernel_size": 2, "padding": 1 },
              { "type": "max_pool1d", "kernel_size": 2, "ceil_mode": true }, { "type": "flatten" },
              { "type": "dropout" }, { "type": "linear", "out_features": 5 }, { "type": "batch_norm1d" }] }
            """,
        """
            { "input": { "shape": [4, 9, 8, 7] }, "layers": [{ "type": "avg_pool3d", "kernel_size": 2, "stride": 1 },
              { "type": "batch_norm3d" }, { "type": "max_pool3d", "kernel_size": [1, 2, 2] },
              { "type": "adaptive_avg_pool3d", "output_size": [2, 1, 2] }] }
            """,
        """
            { "input": { "shape": [6, 12, 12] }, "layers": [{ "type": "avg_pool2d", "kernel_size": 3, "stride": 2,
              "padding": 1, "count_include_pad": false, "ceil_mode": true }, { "type": "group_norm", "num_groups": 3 },
              { "type": "local_response_norm", "size": 3 }] }
            """,
    ];

    private static IEnumerable<string> FixtureNames =>
        Fixtures.Json("weights", "manifest.json").GetProperty("nets").EnumerateObject().Select(net => net.Name);

    [Fact]
    public void Write_FixtureNetworksWithTheirWeights_RunAsTheSameModules()
    {
        pytorch.Require();
        foreach (var name in FixtureNames)
        {
            using var file = WeightsFile.Open(
                Fixtures.Path("weights", name, $"{name}.safetensors"),
                WeightsLimits.Default
            );
            var analysis = Networks.Fixture(name);
            Compare(analysis, name, StateDictMatch.Compare(analysis.StateDict, file.Tensors).Pairs);
        }
    }

    [Fact]
    public void Write_EveryKindOfLayer_RunsAsTheSameModule()
    {
        var networks = OtherNetworks.Select(Networks.Analyze).ToList();
        Assert.Equal(
            LayerDescription.All.Select(layer => layer.Type),
            networks
                .Concat(FixtureNames.Select(Networks.Fixture))
                .SelectMany(network => network.AllLayers.Select(node => node.Type))
                .Distinct()
                .Order(StringComparer.Ordinal)
        );

        pytorch.Require();
        foreach (var (network, json) in networks.Zip(OtherNetworks))
            Compare(network, json);
    }

    [Fact]
    public void Write_RandomNetworks_RunAsTheSameModules()
    {
        pytorch.Require();
        var architectures = new RandomArchitectures(TestSeed.Get());
        for (var i = 0; i < 200; i++)
        {
            var json = architectures.Next();
            Compare(
                ArchitectureReader.Analyze(JsonSerializer.SerializeToElement(json), new ArchitectureLimits()),
                json.ToJsonString()
            );
        }
    }

    [Fact]
    public void Write_WithTrainingLayers_HasTheirTensorsAndDoesNotRunThem()
    {
        pytorch.Require();
        var network = Networks.Analyze(
            Networks.Of(
                """
                { "type": "training_only", "name": "aux", "layers": [{ "type": "conv2d", "out_channels": 2,
                  "kernel_size": 3, "name": "conv" }, { "type": "batch_norm2d" }, { "type": "flatten" },
                  { "type": "linear", "name": "fc", "out_features": 2 }] }
                """,
                """{ "type": "conv2d", "out_channels": 2, "kernel_size": 1 }""",
                """
                { "type": "sequential", "layers": [{ "type": "training_only", "layers": [{ "type": "flatten" },
                  { "type": "linear", "out_features": 3 }] }, { "type": "relu" }] }
                """
            )
        );
        using var scope = NewDisposeScope();
        using var parameters = ParameterStore.Create([.. network.StateDict, .. network.TrainingTensors], 1, []);
        using var eager = new EagerExecutor(network.ToPlan(), parameters);
        var input = RandomInputs.Normal(seed: 1, [2, .. network.Input.Sizes]);

        var answer = pytorch.Run(PyTorchSource.Write(network, hasTrainingLayers: true), 1, parameters, input);

        Assert.Equal(
            parameters.StateDict.Select(tensor => $"{tensor.Key} {string.Join(",", tensor.Value.shape)}").Order(),
            answer.Initial.Select(tensor => $"{tensor.Key} {string.Join(",", tensor.Value.Shape)}").Order()
        );
        Assert.All(
            PyTorchTensor.Of(eager.Forward(input)).ToFloats().ToArray().Zip(answer.Logits.ToFloats().ToArray()),
            pair => Assert.Equal(pair.First, pair.Second, 1e-5f) // float32 here, float64 there
        );
    }

    [Theory]
    [InlineData("mobilenet_v2")]
    [InlineData("squeezenet1_1")]
    public void Write_PredefinedNetwork_RunsAsTheSameModule(string name)
    {
        pytorch.Require();
        var predefined = PredefinedArchitectures.All.Single(architecture => architecture.Name == name);
        Compare(ArchitectureReader.Analyze(predefined.Source, new ArchitectureLimits()), name);
    }

    private void Compare(ArchitectureAnalysis analysis, string name, IReadOnlyList<TensorPair>? weights = null)
    {
        const long Seed = 4_711;
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        using var initial = ParameterStore.Create(analysis.StateDict, Seed, []);
        using var parameters = ParameterStore.Create(analysis.StateDict, Seed, weights ?? []);
        if (weights is null)
            RandomInputs.SetNorms(parameters, seed: 1);
        using var inFloat64 = parameters.CopyTo(CPU, ScalarType.Float64);
        using var eager = new EagerExecutor(analysis.ToPlan(), inFloat64);
        var input = RandomInputs.Normal(seed: 1, [2, .. analysis.Input.Sizes]);
        var expected = PyTorchTensor.Of(eager.Forward(input.to(float64)));

        var answer = pytorch.Run(PyTorchSource.Write(analysis), Seed, parameters, input);

        Assert.Equal(
            analysis.StateDict.Select(tensor => $"{tensor.Name} {string.Join(",", tensor.Shape)}"),
            answer.Initial.Select(tensor => $"{tensor.Key} {string.Join(",", tensor.Value.Shape)}")
        );
        Assert.All(
            // PyTorch's attention draws its tensors in another order than it registers them.
            answer.Initial.Where(tensor =>
                !tensor.Key.Contains("_proj", StringComparison.Ordinal)
                && !answer.Initial.Keys.Any(key => key.EndsWith("in_proj_weight", StringComparison.Ordinal))
            ),
            tensor =>
                Assert.True(PyTorchTensor.Of(initial[tensor.Key]).ToFloats().SequenceEqual(tensor.Value.ToFloats()))
        );
        Assert.Equal(expected.Shape, answer.Logits.Shape);
        foreach (var (wanted, logit) in expected.ToFloats().ToArray().Zip(answer.Logits.ToFloats().ToArray()))
        {
            // A pool's window may lie in the padding wholly: both give -infinity, and perhaps NaN after it.
            Assert.True(
                wanted.Equals(logit) || Math.Abs(wanted - logit) <= Tolerance * Math.Max(1, Math.Abs(wanted)),
                $"{logit} instead of {wanted}: {name}"
            );
        }
    }
}
