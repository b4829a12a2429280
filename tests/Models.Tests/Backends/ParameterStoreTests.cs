using ModelService.Models.Backends;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>The tensors that a network begins with.</summary>
public sealed class ParameterStoreTests
{
    // tests/Fixtures/initial.py builds the same layers in PyTorch.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Create_Seed_GivesTheNumbersOfPyTorchsModules(int network)
    {
        var fixture = Fixtures.Json("initial.json");
        var (seed, expected) = (fixture.GetProperty("seed").GetInt64(), fixture.GetProperty("networks")[network]);
        var analysis = Networks.Analyze(expected.GetProperty("architecture").GetRawText());
        using var parameters = ParameterStore.Create(analysis.StateDict, seed, []);
        using var scope = NewDisposeScope();

        var tensors = expected.GetProperty("first_numbers").EnumerateObject().ToList();
        Assert.Equal(tensors.Select(tensor => tensor.Name), parameters.StateDict.Keys);
        Assert.All(
            tensors,
            tensor =>
                Assert.Equal(
                    tensor.Value.EnumerateArray().Select(number => number.GetSingle()),
                    parameters[tensor.Name].to(float32).flatten().data<float>().Take(8)
                )
        );
    }
}
