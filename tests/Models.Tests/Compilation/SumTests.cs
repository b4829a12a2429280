using ModelService.Models.Runtime;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Compilation;

/// <summary>Convolutions that add their result to what is in memory already compute what they should, whatever else lay there before.</summary>
public sealed class SumTests
{
    public static TheoryData<string, int, int, int, string?> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, int, int, string?>();
            foreach (var (type, activation) in new[] { ("conv1d", "relu"), ("conv2d", null), ("conv2d", "relu"), ("conv2d", "gelu"), ("conv3d", "relu") })
            {
                foreach (var channels in new[] { 12, 16, 40, 48, 64, 256, 512 })
                {
                    if (type == "conv3d" && channels > 64) continue;
                    foreach (var kernel in new[] { 1, 3 })
                    {
                        cases.Add(type, channels, kernel, 1, activation);
                        if (channels < 256) cases.Add(type, channels, kernel, channels, activation);
                    }
                }
            }

            return cases;
        }
    }

    // One input and several, for which the weights are packed otherwise.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_SumWithAConvolution_ComputesWhatFloat64Computes(string type, int channels, int kernel, int groups, string? activation)
    {
        int[] sides = type switch { "conv1d" => [50], "conv2d" => [12, 10], _ => [5, 6, 4] };
        var (rank, bias) = (sides.Length, "\"bias\": false");
        using var model = new CompiledModel(
            Networks.Analyze($$"""
                { "input": { "shape": [5, {{string.Join(", ", sides)}}] }, "layers": [
                  { "type": "{{type}}", "out_channels": {{channels}}, "kernel_size": 1, {{bias}} },
                  { "type": "residual", {{(activation is null ? "" : $"\"activation\": \"{activation}\",")}} "body": [
                    { "type": "{{type}}", "out_channels": {{channels}}, "kernel_size": 1, "groups": {{groups}}, {{bias}} },
                    { "type": "{{type}}", "out_channels": {{channels}}, "kernel_size": {{kernel}}, "padding": "same", "groups": {{groups}}, {{bias}} }] },
                  { "type": "flatten" }] }
                """),
            seed: 1, [], CPU);
        Assert.Equal(ModelRoute.Plan, model.Computing.Route);
        using var scope = NewDisposeScope();
        foreach (var count in new[] { 1, 3 })
        {
            var input = RandomInputs.Normal(seed: 1, [count, 5, .. sides.Select(side => (long)side)]);
            var carried = Convolve(input.to(float64), "0.weight", 1);
            var sum = Convolve(Convolve(carried, "1.0.weight", groups), "1.1.weight", groups) + carried;
            var expected = activation switch { "relu" => nn.functional.relu(sum), "gelu" => nn.functional.gelu(sum), _ => sum };
            var wanted = expected.contiguous().data<double>().ToArray();
            FreeMemory.FillWithNaN();

            var scores = model.Run(input.data<float>().ToArray(), count);

            // Weights are below 1 and numbers below 20: float32 keeps about 1e-6 of that for each of the sums.
            for (var i = 0; i < wanted.Length; i++) Assert.Equal(wanted[i], scores[i], 1e-4);
        }

        Tensor Convolve(Tensor value, string key, long inGroups)
        {
            var weight = model.StateDict[key].to(float64);
            var padding = Enumerable.Repeat(weight.shape[^1] / 2, rank).ToArray();
            return rank switch
            {
                1 => nn.functional.conv1d(value, weight, padding: padding[0], groups: inGroups),
                2 => nn.functional.conv2d(value, weight, padding: padding, groups: inGroups),
                _ => nn.functional.conv3d(value, weight, padding: padding, groups: inGroups),
            };
        }
    }
}
