using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelService.Models.Tests.Language.Analysis;

/// <summary>
/// Random pools and convolutions: libtorch's own kernels say which fit, and what shape they give. Networks have no
/// other source of shapes.
/// </summary>
public sealed class PyTorchShapeTests
{
    private const int Cases = 1_000;
    private static readonly string[] Modes = ["zeros", "reflect", "replicate", "circular"];

    [Fact]
    public void Infer_RandomPools_GivesPyTorchsShapesAndRefusals()
    {
        var random = TestSeed.Generator();
        AssertSame(() =>
        {
            var pool = new Case(random, mostKernel: 7);
            var (isMax, ceil) = (random.Next(2) == 0, random.Next(2) == 0);
            pool.Layer["type"] = $"{(isMax ? "max" : "avg")}_pool{pool.Rank}d";
            pool.Layer["ceil_mode"] = ceil;
            if (isMax)
                pool.Layer["dilation"] = Json(pool.Dilation);
            var (kernel, stride, padding, dilation) = (pool.Kernel, pool.Stride, pool.Padding, pool.Dilation);
            return (
                pool,
                input =>
                    (isMax, pool.Rank) switch
                    {
                        (true, 1) => functional.max_pool1d(input, kernel[0], stride[0], padding[0], dilation[0], ceil),
                        (true, 2) => functional.max_pool2d(input, kernel, stride, padding, dilation, ceil),
                        (true, _) => functional.max_pool3d(input, kernel, stride, padding, dilation, ceil),
                        (_, 1) => functional.avg_pool1d(input, kernel[0], stride[0], padding[0], ceil),
                        (_, 2) => functional.avg_pool2d(input, kernel, stride, padding, ceil),
                        _ => functional.avg_pool3d(input, kernel, stride, padding, ceil),
                    }
            );
        });
    }

    [Fact]
    public void Infer_RandomConvolutions_GivesPyTorchsShapesAndRefusals()
    {
        var random = TestSeed.Generator();
        AssertSame(() =>
        {
            var convolution = new Case(random, mostKernel: 5);
            var (mode, groups) = (Modes[random.Next(Modes.Length)], random.Next(1, 4));
            convolution.Layer["type"] = $"conv{convolution.Rank}d";
            convolution.Layer["dilation"] = Json(convolution.Dilation);
            convolution.Layer["padding_mode"] = mode;
            convolution.Layer["groups"] = groups;
            convolution.Layer["out_channels"] = 2 * groups;
            var (channels, rank) = (convolution.Input[0], convolution.Rank);
            return (
                convolution,
                input =>
                {
                    if (channels % groups != 0)
                        throw new ArgumentException("groups");
                    var weight = zeros([2 * groups, channels / groups, .. convolution.Kernel]);
                    var padding = convolution.Padding;
                    if (mode != "zeros")
                    {
                        // As nn.Conv2d does. The last dimension comes first.
                        long[] edges = [.. padding.Reverse().SelectMany(edge => new[] { edge, edge })];
                        input = functional.pad(input, edges, Enum.Parse<PaddingModes>(mode, ignoreCase: true));
                        padding = new long[rank];
                    }

                    var (stride, dilation) = (convolution.Stride, convolution.Dilation);
                    return rank switch
                    {
                        1 => functional.conv1d(input, weight, null, stride[0], padding[0], dilation[0], groups),
                        2 => functional.conv2d(input, weight, null, stride, padding, dilation, groups),
                        _ => functional.conv3d(input, weight, null, stride, padding, dilation, groups),
                    };
                }
            );
        });
    }

    // Neither side may refuse nearly all: that would prove little.
    private static void AssertSame(Func<(Case Layer, Func<Tensor, Tensor> Compute)> draw)
    {
        var fitting = 0;
        for (var round = 0; round < Cases; round++)
        {
            using var scope = NewDisposeScope();
            var (layer, compute) = draw();
            var truth = Try<ExternalException>(() => compute(zeros([1, .. layer.Input])).shape[1..]);
            var json = layer.ToJson();

            var ours = Try<ServingException>(() => Networks.Analyze(json).Output.Sizes);

            Assert.True(
                truth is null ? ours is null : ours is not null && truth.SequenceEqual(ours),
                $"{json}: PyTorch gives {Text(truth)}, the analysis {Text(ours)}."
            );
            fitting += truth is null ? 0 : 1;
        }

        Assert.InRange(fitting, Cases / 5, Cases * 4 / 5);
    }

    private static IReadOnlyList<long>? Try<T>(Func<IReadOnlyList<long>> compute)
        where T : Exception
    {
        try
        {
            return compute();
        }
        catch (Exception exception) when (exception is T or ArgumentException)
        {
            return null;
        }
    }

    private static string Text(IReadOnlyList<long>? sizes) =>
        sizes is null ? "an error" : $"[{string.Join(", ", sizes)}]";

    private static JsonArray Json(long[] sizes) => [.. sizes.Select(size => JsonValue.Create(size))];

    private sealed class Case
    {
        public Case(Random random, int mostKernel)
        {
            Rank = random.Next(1, 4);
            Input = [random.Next(1, 5), .. Draw(1, 12)];
            Kernel = Draw(1, mostKernel);
            Stride = Draw(1, 5);
            Padding = Draw(0, 3);
            Dilation = random.Next(2) == 0 ? Draw(1, 1) : Draw(1, 3);
            Layer["kernel_size"] = Json(Kernel);
            Layer["stride"] = Json(Stride);
            Layer["padding"] = Json(Padding);

            long[] Draw(int least, int most) =>
                [.. Enumerable.Range(0, Rank).Select(_ => (long)random.Next(least, most + 1))];
        }

        public int Rank { get; }
        public long[] Input { get; }
        public long[] Kernel { get; }
        public long[] Stride { get; }
        public long[] Padding { get; }
        public long[] Dilation { get; }
        public JsonObject Layer { get; } = [];

        public string ToJson() =>
            new JsonObject
            {
                ["input"] = new JsonObject { ["shape"] = Json(Input) },
                ["layers"] = new JsonArray(Layer.DeepClone()),
            }.ToJsonString();
    }
}
