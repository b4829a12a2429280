using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>The tensors that a plan is given.</summary>
public sealed class FoldedWeightsTests
{
    // Where there is no GPU, tensors without memory stand for those of another device. libtorch's layer norm on a GPU
    // refuses a scale in another format than its input's.
    [Theory]
    [InlineData("cpu", ScalarType.Float32)]
    [InlineData("meta", ScalarType.Float16)]
    public void Get_ScaleOfANorm_IsInTheFormatThatTheDeviceTakes(string device, ScalarType expected)
    {
        using var scope = NewDisposeScope();
        var parameters = new Dictionary<string, Tensor> { ["norm.weight"] = ones(8, device: new Device(device)) };

        var given = new FoldedWeights(parameters, ScalarType.Float16).Get(new NormTensor("norm.weight"));

        Assert.Equal(expected, given.dtype);
    }
}
