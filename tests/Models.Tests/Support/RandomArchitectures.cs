using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Tests.Support;

/// <summary>
/// Grows networks layer by layer and drops the layers that the analysis refuses, so that the networks are valid, and
/// odd.
/// </summary>
internal sealed partial class RandomArchitectures(int seed)
{
    private static readonly string[] Activations =
    [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "gelu",
        "silu",
        "hardswish",
        "sigmoid",
        "tanh",
        "hardsigmoid",
        "hardtanh",
        "mish",
        "selu",
        "celu",
        "softplus",
    ];

    private readonly Random random = new(seed);

    /// <summary>A valid network for an input of 1, 2 or 3 spatial dimensions.</summary>
    public JsonObject Next()
    {
        var rank = random.Next(1, 4);
        var network = new JsonObject { ["input"] = Input(rank), ["layers"] = new JsonArray() };
        var layers = (JsonArray)network["layers"]!;
        for (var tries = random.Next(2, 14); tries > 0; tries--)
        {
            layers.Add(Layer(rank, depth: 0));
            if (!IsValid(network))
                layers.RemoveAt(layers.Count - 1);
        }

        if (layers.Count == 0)
            layers.Add(new JsonObject { ["type"] = "identity" });
        return network;
    }

    /// <summary>
    /// Breaks a network somewhere: a value is replaced, or a property is removed, renamed or moved. By chance it may
    /// still be valid.
    /// </summary>
    public JsonObject Mutate(JsonObject network)
    {
        var broken = network.DeepClone().AsObject();
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            var places = Objects(broken).ToList();
            var place = places[random.Next(places.Count)];
            if (place.Count == 0)
                continue;
            var (name, value) = place.ElementAt(random.Next(place.Count));
            switch (random.Next(4))
            {
                case 0:
                    place.Remove(name);
                    break;
                case 1:
                    place[name] = Garbage();
                    break;
                case 2:
                    place[name + "x"] = value?.DeepClone();
                    break;
                default:
                    place[name] = places[random.Next(places.Count)].DeepClone();
                    break;
            }
        }

        return broken;
    }

    private static bool IsValid(JsonObject network)
    {
        try
        {
            // Small, so that a thousand of them can be built.
            ArchitectureReader.Analyze(
                JsonSerializer.SerializeToElement(network),
                new ArchitectureLimits { MaxActivationBytes = 1 << 20, MaxParameters = 200_000 }
            );
            return true;
        }
        catch (ServingException)
        {
            return false;
        }
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) =>
        node switch
        {
            JsonObject item => item.SelectMany(pair => Objects(pair.Value)).Prepend(item),
            JsonArray list => list.SelectMany(Objects),
            _ => [],
        };

    private JsonObject Input(int rank)
    {
        JsonNode[] sizes =
        [
            .. Enumerable
                .Range(0, rank + 1)
                .Select(dimension => (JsonNode)(dimension == 0 ? random.Next(1, 6) : random.Next(3, 30 / rank))),
        ];
        string[] picture = ["channels", "height", "width"];
        var isPicture = rank == 2 && random.Next(2) == 0;
        var input = isPicture
            ? new JsonObject(picture.Zip(sizes, KeyValuePair.Create<string, JsonNode?>))
            : new JsonObject { ["shape"] = new JsonArray(sizes) };
        if (random.Next(3) == 0)
            input[isPicture ? "shape" : picture[random.Next(3)]] = null;
        return input;
    }

    private JsonNode? Garbage() =>
        random.Next(12) switch
        {
            0 => -1,
            1 => 0,
            2 => long.MaxValue,
            3 => 1e308,
            4 => "same",
            5 => null,
            6 => new JsonArray(1, 2, 3, 4),
            7 => JsonNode.Parse("3.0"),
            8 => JsonNode.Parse("0.2e1"),
            9 => new JsonArray(),
            10 => new JsonArray(1, 2, 3, 4, 5),
            _ => 1_000_003,
        };

    private JsonObject Layer(int rank, int depth)
    {
        var layer = random.Next(depth < 3 ? 20 : 15) switch
        {
            0 or 1 or 2 => Conv(rank),
            3 => Pool("max_pool", rank, "dilation"),
            4 => Pool("avg_pool", rank, null),
            5 => new JsonObject
            {
                ["type"] = $"batch_norm{rank}d",
                ["affine"] = Chance(3),
                ["eps"] = 0.001,
            },
            6 => new JsonObject { ["type"] = Activations[random.Next(Activations.Length)] },
            7 => random.Next(2) == 0
                ? new JsonObject { ["type"] = "group_norm", ["num_groups"] = random.Next(1, 4) }
                : new JsonObject { ["type"] = "local_response_norm", ["size"] = random.Next(1, 4) },
            8 => new JsonObject { ["type"] = $"adaptive_avg_pool{rank}d", ["output_size"] = Sizes(rank, 1, 5) },
            9 => new JsonObject
            {
                ["type"] = random.Next(3) switch
                {
                    0 => "dropout",
                    1 => "identity",
                    _ => "softmax",
                },
            },
            10 => rank == 2
                ? new JsonObject
                {
                    ["type"] = "filter2d",
                    ["preset"] = random.Next(2) == 0 ? "sobel_x" : "gaussian_blur",
                }
                : new JsonObject
                {
                    ["type"] = "linear",
                    ["out_features"] = random.Next(1, 12),
                    ["bias"] = Chance(1),
                },
            11 => random.Next(3) == 0
                ? new JsonObject { ["type"] = "flatten" }
                : new JsonObject { ["type"] = "linear", ["out_features"] = random.Next(1, 12) },
            12 => Other(rank),
            13 => rank == 2 ? Tokens() : Other(rank),
            14 => rank == 2 ? Windows() : Other(rank),
            15 => new JsonObject
            {
                ["type"] = "sequential",
                ["layers"] = Layers(rank, depth),
                ["inline"] = Chance(1),
            },
            16 => Repeat(rank, depth),
            17 => Residual(rank, depth),
            18 => Gate(rank, depth),
            _ => new JsonObject
            {
                ["type"] = "concat",
                ["branches"] = Layers(rank, depth),
                ["inline"] = Chance(1),
                ["split"] = !Chance(2),
            },
        };
        if (random.Next(5) == 0 && (string?)layer["type"] != "repeat")
            layer["name"] = $"n{random.Next(1000)}";
        return layer;
    }

    private JsonObject Repeat(int rank, int depth)
    {
        var layers = Layers(rank, depth);
        var repeat = new JsonObject { ["type"] = "repeat", ["times"] = random.Next(1, 4) };
        if (
            layers is [JsonObject { } only]
            && only["name"] is null
            && (string?)only["type"] != "repeat"
            && (bool?)only["inline"] is not true
        )
        {
            (repeat["names"], repeat["first"]) = ($"r{random.Next(1000)}_{{i}}", random.Next(3));
        }

        repeat["layers"] = layers;
        return repeat;
    }

    private JsonObject Conv(int rank)
    {
        var groups = random.Next(4) == 0 ? random.Next(2, 5) : 1;
        var conv = new JsonObject
        {
            ["type"] = $"conv{rank}d",
            ["out_channels"] = groups * random.Next(1, 14),
            ["kernel_size"] = Sizes(rank, 1, 5),
            ["groups"] = groups,
            ["bias"] = Chance(2),
            ["dilation"] = random.Next(3) == 0 ? Sizes(rank, 1, 3) : 1,
        };
        if (random.Next(4) == 0)
            conv["padding"] = random.Next(2) == 0 ? "same" : "valid";
        else
            (conv["padding"], conv["stride"]) = (Sizes(rank, 0, 3), Sizes(rank, 1, 3));
        if (random.Next(4) == 0)
            conv["padding_mode"] = new[] { "reflect", "replicate", "circular" }[random.Next(3)];
        return conv;
    }

    private JsonObject Pool(string type, int rank, string? extra)
    {
        var pool = new JsonObject
        {
            ["type"] = $"{type}{rank}d",
            ["kernel_size"] = Sizes(rank, 1, 4),
            ["ceil_mode"] = Chance(1),
        };
        if (random.Next(2) == 0)
            pool["stride"] = Sizes(rank, 1, 4);
        if (random.Next(2) == 0)
            pool["padding"] = Sizes(rank, 0, 3);
        if (extra is not null && random.Next(3) == 0)
            pool[extra] = Sizes(rank, 1, 3);
        if (extra is null)
            pool["count_include_pad"] = Chance(1);
        return pool;
    }

    private JsonObject Residual(int rank, int depth)
    {
        var residual = new JsonObject { ["type"] = "residual", ["body"] = Layers(rank, depth) };
        if (random.Next(2) == 0)
            residual["shortcut"] = Layer(rank, depth + 1);
        if (random.Next(2) == 0)
            residual["activation"] = Activations[random.Next(Activations.Length)];
        if (random.Next(4) == 0)
            residual["inline"] = true;
        if (random.Next(4) == 0)
            residual["stochastic_depth"] = 0.5;
        return residual;
    }

    private JsonArray Layers(int rank, int depth) =>
        new([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (JsonNode)Layer(rank, depth + 1))]);

    private JsonNode Sizes(int rank, int from, int to) =>
        random.Next(3) == 0
            ? new JsonArray([.. Enumerable.Range(0, rank).Select(_ => (JsonNode)random.Next(from, to))])
            : random.Next(from, to);

    private bool Chance(int of) => random.Next(of + 1) != 0;
}
