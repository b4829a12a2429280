using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>The tensors of a network: their first numbers, copies, and gradients.</summary>
public sealed class ParameterStoreTests
{
    private const string Network = """
        { "input": { "shape": [3] }, "layers": [{ "type": "linear", "name": "fc", "out_features": 4 },
          { "type": "batch_norm1d", "name": "norm" }] }
        """;

    private static readonly JsonElement PyTorch = Fixtures.Json("initialization", "initialization.json");

    public static TheoryData<int> PyTorchNetworks =>
        [.. Enumerable.Range(0, PyTorch.GetProperty("networks").GetArrayLength())];

    [Theory]
    [MemberData(nameof(PyTorchNetworks))]
    public void Create_Seed_GivesTheNumbersOfPyTorchsManualSeed(int index)
    {
        var network = PyTorch.GetProperty("networks")[index];
        var analysis = ArchitectureReader.Analyze(network.GetProperty("architecture"), new ArchitectureLimits());
        using var scope = NewDisposeScope();

        using var parameters = ParameterStore.Create(analysis.StateDict, PyTorch.GetProperty("seed").GetInt64(), []);

        var expected = network.GetProperty("tensors");
        Assert.Equal(expected.EnumerateObject().Select(item => item.Name), parameters.StateDict.Keys);
        foreach (var (name, values) in parameters.StateDict)
        {
            var item = expected.GetProperty(name);
            Assert.Equal(item.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), values.shape);
            Assert.Equal(
                item.GetProperty("values").EnumerateArray().Select(value => value.GetSingle()),
                values.flatten().to(float32).data<float>().ToArray().Take(24)
            );
            Assert.Equal(item.GetProperty("sum").GetDouble(), values.to(float64).sum().item<double>(), 1e-9);
        }
    }

    [Fact]
    public void Create_NoSeed_GivesOtherNumbersEachTime()
    {
        var specs = Networks.Analyze(Network).StateDict;
        using var first = ParameterStore.Create(specs, seed: null, []);
        using var second = ParameterStore.Create(specs, seed: null, []);

        Assert.NotEqual(Floats(first["fc.weight"]), Floats(second["fc.weight"]));
    }

    [Fact]
    public void Create_SeedWhileOthersDrawFromTheSharedGenerator_GivesTheSameNumbers()
    {
        var specs = Networks.Analyze(Network).StateDict;
        using var expected = ParameterStore.Create(specs, seed: 1, []);
        using var done = new CancellationTokenSource();
        var others = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
                rand(16).Dispose();
        });
        others.Start();

        try
        {
            for (var i = 0; i < 2_000; i++)
            {
                using var parameters = ParameterStore.Create(specs, seed: 1, []);
                Assert.Equal(Floats(expected["fc.weight"]), Floats(parameters["fc.weight"]));
            }
        }
        finally
        {
            done.Cancel();
            others.Join();
        }
    }

    [Fact]
    public void CopyTo_OtherNumberFormat_HasItsOwnTensorsAndKeepsCounters()
    {
        using var parameters = ParameterStore.Create(Networks.Analyze(Network).StateDict, seed: 1, []);
        using var copy = parameters.CopyTo(CPU, ScalarType.Float64);
        using var same = parameters.CopyTo(CPU);

        Assert.Equal(parameters.StateDict.Keys, copy.StateDict.Keys);
        Assert.Equal(ScalarType.Float64, copy["fc.weight"].dtype);
        Assert.Equal(ScalarType.Int64, copy["norm.num_batches_tracked"].dtype);
        var before = Floats(parameters["fc.weight"]);
        same["fc.weight"].fill_(7).Dispose();
        copy["fc.weight"].fill_(7).Dispose();
        Assert.Equal(before, Floats(parameters["fc.weight"]));
    }

    [Fact]
    public void CopyTo_TensorThatRequiresAGradient_RequiresNone()
    {
        using var parameters = ParameterStore.Create(Networks.Analyze(Network).StateDict, seed: 1, []);
        Assert.All(parameters.StateDict.Values, tensor => Assert.False(tensor.requires_grad));
        parameters["fc.bias"].requires_grad = true;

        using var copy = parameters.CopyTo(CPU);

        Assert.All(copy.StateDict.Values, tensor => Assert.False(tensor.requires_grad));
    }

    [Fact]
    public void ClearGradients_AfterTwoBackwardPasses_ForgetsTheirSum()
    {
        using var scope = NewDisposeScope();
        using var parameters = ParameterStore.Create(Networks.Analyze(Network).StateDict, seed: 1, []);
        Assert.Null(parameters["fc.bias"].grad);
        parameters["fc.bias"].requires_grad = true;

        (parameters["fc.bias"] * 3).sum().backward();
        (parameters["fc.bias"] * 2).sum().backward();
        Assert.Equal([5f, 5, 5, 5], Floats(parameters["fc.bias"].grad!));

        parameters.ClearGradients();
        Assert.Null(parameters["fc.bias"].grad);
        parameters["fc.bias"].sum().backward();
        Assert.Equal([1f, 1, 1, 1], Floats(parameters["fc.bias"].grad!));
    }

    [Fact]
    public void Create_InInferenceMode_GivesTensorsThatCanRequireGradients()
    {
        using var scope = NewDisposeScope();
        ParameterStore parameters;
        using (inference_mode())
        {
            using var first = ParameterStore.Create(Networks.Analyze(Network).StateDict, seed: 1, []);
            parameters = first.CopyTo(CPU);
        }

        using (parameters)
        {
            parameters["fc.weight"].requires_grad = true;
            parameters["fc.weight"].square().sum().backward();
            using var gradient = parameters["fc.weight"].grad;
            Assert.NotNull(gradient);
        }
    }

    private static float[] Floats(Tensor values) => values.detach().data<float>().ToArray();
}
