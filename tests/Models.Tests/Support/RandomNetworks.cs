using System.Globalization;
using System.Text.Json;
using ModelService.Models.Analysis;
using ModelService.Models.Definitions;
using ModelService.Models.Errors;

namespace ModelService.Models.Tests.Support;

/// <summary>Grows networks of all kinds of layers; a layer that the analysis refuses is left out again.</summary>
internal sealed class RandomNetworks
{
    private static readonly string[] Activations =
        ["relu", "relu6", "leaky_relu", "elu", "gelu", "silu", "hardswish", "sigmoid", "tanh"];

    private readonly Random random;

    private RandomNetworks(int seed) => random = new Random(seed);

    /// <summary>A network; the same for the same seed.</summary>
    public static string Grow(int seed) => new RandomNetworks(seed).Grow();

    private string Grow()
    {
        var input = Pick(1, 2, 2, 2, 2, 3) switch
        {
            1 => $"{Channels()}, {random.Next(8, 60)}",
            2 => $"{Channels()}, {random.Next(5, 34)}, {random.Next(5, 34)}",
            _ => $"{Pick(1, 2, 3, 17)}, {random.Next(4, 9)}, {random.Next(4, 9)}, {random.Next(4, 9)}",
        };
        var layers = new List<string>();
        var shape = Analyze(input, ["""{ "type": "identity" }"""])!.Output;
        for (var wanted = random.Next(1, 12); wanted > 0; wanted--)
        {
            var layer = Layer(shape, depth: 0);
            if (Analyze(input, [.. layers, layer]) is not { } analysis) continue;
            layers.Add(layer);
            shape = analysis.Output;
        }

        layers.Add("""{ "type": "flatten" }""");
        if (random.Next(3) > 0) layers.Add($$"""{ "type": "linear", "out_features": {{random.Next(2, 30)}}, "bias": {{Flag()}} }""");
        if (random.Next(4) == 0) layers.Add(random.Next(2) == 0 ? """{ "type": "batch_norm1d" }""" : Activation());
        return Network(input, layers);
    }

    private string Layer(Shape shape, int depth)
    {
        var spatial = shape.Rank - 1;
        var kind = random.Next(depth < 2 ? 22 : 16);
        return kind switch
        {
            <= 5 when spatial is >= 1 and <= 3 => Convolution(spatial, (int)shape.Sizes[0]),
            <= 7 when spatial is >= 0 and <= 3 => $$"""{ "type": "batch_norm{{Math.Max(1, spatial)}}d", "affine": {{Flag()}}, "eps": {{Pick("1e-5", "0.001", "0.5")}} }""",
            <= 10 => Activation(),
            11 when spatial is >= 1 and <= 3 => Pool(spatial),
            12 => Pick("dropout", "identity", "dropout2d") is var type ? $$"""{ "type": "{{type}}" }""" : "",
            13 => Norm(shape),
            14 => $$"""{ "type": "linear", "out_features": {{random.Next(1, 20)}}, "bias": {{Flag()}} }""",
            15 => Pick("""{ "type": "softmax" }""", """{ "type": "flatten", "start_dim": 2 }""", $$"""{ "type": "filter2d", "preset": "{{Pick("sobel_x", "laplacian", "gaussian_blur")}}" }"""),
            16 or 17 or 18 => Residual(shape, depth),
            19 => $$"""{ "type": "concat", "branches": [{{Layer(shape, depth + 1)}}, {{Layer(shape, depth + 1)}}, { "type": "identity" }] }""",
            20 => $$"""{ "type": "sequential", "inline": {{Flag()}}, "layers": [{{Layer(shape, depth + 1)}}, {{Activation()}}] }""",
            _ => $$"""{ "type": "repeat", "times": {{random.Next(1, 4)}}, "layers": [{{Layer(shape, depth + 1)}}] }""",
        };
    }

    private string Convolution(int rank, int channels)
    {
        var groups = Pick(1, 1, 1, channels, channels, 2);
        var channelsOut = groups == 1 ? Channels() : groups * random.Next(1, 3);
        var padding = Pick("0", "1", "1", "2", "\"same\"", "\"valid\"");
        var mode = Pick("zeros", "zeros", "zeros", "reflect", "replicate", "circular");
        return $$"""{ "type": "conv{{rank}}d", "out_channels": {{channelsOut}}, "kernel_size": {{Sizes(rank, 1, 1, 2, 3, 3, 5)}}, "stride": {{Sizes(rank, 1, 1, 1, 2)}}, "padding": {{padding}}, "dilation": {{Pick(1, 1, 1, 2)}}, "groups": {{groups}}, "bias": {{Flag()}}, "padding_mode": "{{mode}}" }""";
    }

    private string Pool(int rank) => random.Next(3) switch
    {
        0 => $$"""{ "type": "max_pool{{rank}}d", "kernel_size": {{Sizes(rank, 1, 2, 3)}}, "stride": {{Pick(1, 2)}}, "padding": {{Pick(0, 0, 1)}}, "ceil_mode": {{Flag()}} }""",
        1 => $$"""{ "type": "avg_pool{{rank}}d", "kernel_size": {{Sizes(rank, 2, 3)}}, "padding": {{(rank == 3 ? 0 : Pick(0, 1))}}, "ceil_mode": {{Flag()}}, "count_include_pad": {{Flag()}} }""",
        _ => $$"""{ "type": "adaptive_{{(rank == 2 ? Pick("avg", "max") : "avg")}}_pool{{rank}}d", "output_size": {{Sizes(rank, 1, 2, 3, 7)}} }""",
    };

    private string Norm(Shape shape) => random.Next(3) switch
    {
        0 => $$"""{ "type": "group_norm", "num_groups": {{Pick(1, 2, 3, (int)shape.Sizes[0])}}, "affine": {{Flag()}} }""",
        1 => $$"""{ "type": "layer_norm", "normalized_shape": [{{string.Join(", ", shape.Sizes.Skip(random.Next(shape.Rank)))}}], "elementwise_affine": {{Flag()}}, "bias": {{Flag()}} }""",
        _ => $$"""{ "type": "local_response_norm", "size": {{random.Next(1, 7)}}, "alpha": 0.5, "k": {{Pick("1.0", "2.5")}} }""",
    };

    // What keeps the shape, as a body must: or else a shortcut that changes it in the same way.
    private string Residual(Shape shape, int depth)
    {
        var spatial = shape.Rank - 1;
        var channels = (int)shape.Sizes[0];
        var activation = random.Next(3) == 0 ? "" : $$""", "activation": {{Activation()}}""";
        if (spatial is < 1 or > 3) return $$"""{ "type": "residual", "body": [{ "type": "linear", "out_features": {{shape.Sizes[^1]}} }]{{activation}} }""";
        var isSame = random.Next(2) == 0;
        var (channelsOut, stride) = (isSame ? channels : Channels(), isSame ? 1 : Pick(1, 2));
        var body = $$"""{ "type": "conv{{spatial}}d", "out_channels": {{channelsOut}}, "kernel_size": 3, "padding": 1, "stride": {{stride}} }""";
        if (random.Next(2) == 0) body += $$""", { "type": "batch_norm{{spatial}}d" }""";
        if (random.Next(2) == 0) body += $$""", {{Activation()}}, { "type": "conv{{spatial}}d", "out_channels": {{channelsOut}}, "kernel_size": 1 }""";
        if (random.Next(4) == 0) body += ", " + Activation();
        var shortcut = isSame ? "" : $$""", "shortcut": { "type": "conv{{spatial}}d", "out_channels": {{channelsOut}}, "kernel_size": 1, "stride": {{stride}} }""";
        if (isSame && random.Next(3) == 0) body = Layer(shape, depth + 1);
        return $$"""{ "type": "residual", "body": [{{body}}]{{shortcut}}{{activation}} }""";
    }

    private string Activation() => Pick(Activations) switch
    {
        "leaky_relu" => $$"""{ "type": "leaky_relu", "negative_slope": {{Pick("0.01", "-0.3", "2")}} }""",
        "elu" => $$"""{ "type": "elu", "alpha": {{Pick("1.0", "0.5")}} }""",
        "gelu" => $$"""{ "type": "gelu", "approximate": "{{Pick("none", "tanh")}}" }""",
        var type => $$"""{ "type": "{{type}}" }""",
    };

    private int Channels() => Pick(1, 2, 3, 4, 7, 8, 12, 16, 17, 20, 24, 31, 32, 40, 48, 80, 96);

    private string Flag() => Pick("true", "true", "false");

    private string Sizes(int rank, params int[] choices) =>
        random.Next(3) > 0 ? Pick(choices).ToString(CultureInfo.InvariantCulture) : $"[{string.Join(", ", Enumerable.Range(0, rank).Select(_ => Pick(choices)))}]";

    private T Pick<T>(params T[] choices) => choices[random.Next(choices.Length)];

    private static string Network(string input, IEnumerable<string> layers) => $$"""{ "input": { "shape": [{{input}}] }, "layers": [{{string.Join(", ", layers)}}] }""";

    private static ArchitectureAnalysis? Analyze(string input, IEnumerable<string> layers)
    {
        try
        {
            return ArchitectureReader.Analyze(JsonElement.Parse(Network(input, layers)), new ArchitectureLimits());
        }
        catch (ServingException)
        {
            return null;
        }
    }
}
