using System.Text.Json.Nodes;

namespace ModelService.Models.Tests.Support;

/// <content>The layers and blocks of gated networks and of transformers.</content>
internal sealed partial class RandomArchitectures
{
    // Small layers, most of them for pictures.
    private JsonObject Other(int rank) =>
        random.Next(13) switch
        {
            0 => new JsonObject { ["type"] = "channel_shuffle", ["groups"] = random.Next(1, 4) },
            1 => new JsonObject { ["type"] = "layer_norm2d", ["eps"] = 0.1 },
            2 => new JsonObject
            {
                ["type"] = "layer_scale",
                ["initial"] = 0.5,
                ["dim"] = random.Next(1, 4),
            },
            3 => new JsonObject
            {
                ["type"] = new[] { "zero_pad2d", "reflection_pad2d", "replication_pad2d" }[random.Next(3)],
                ["padding"] = random.Next(2) == 0 ? random.Next(3) : new JsonArray(0, 1, 2, random.Next(3)),
            },
            4 => new JsonObject { ["type"] = "pixel_shuffle", ["upscale_factor"] = random.Next(1, 3) },
            5 => new JsonObject { ["type"] = "prelu" },
            6 => new JsonObject
            {
                ["type"] = "permute",
                ["dims"] = new JsonArray([
                    0,
                    .. Enumerable
                        .Range(1, rank + 1)
                        .OrderBy(_ => random.Next())
                        .Select(dimension => (JsonNode)dimension),
                ]),
            },
            7 => new JsonObject { ["type"] = $"instance_norm{rank}d", ["affine"] = Chance(1) },
            8 => new JsonObject
            {
                ["type"] = "select",
                ["dim"] = random.Next(1, 3),
                ["index"] = random.Next(-1, 2),
            },
            9 => new JsonObject
            {
                ["type"] = "unflatten",
                ["dim"] = random.Next(1, rank + 2),
                ["unflattened_size"] = new JsonArray(random.Next(1, 4), random.Next(1, 4)),
            },
            10 => Upsample(rank),
            11 => new JsonObject { ["type"] = "alpha_dropout" },
            _ => new JsonObject
            {
                ["type"] = "training_only",
                ["layers"] = new JsonArray(new JsonObject { ["type"] = "linear", ["out_features"] = 3 }),
            },
        };

    private JsonObject Upsample(int rank)
    {
        var mode = Chance(1) ? "nearest" : new[] { "linear", "bilinear", "trilinear" }[rank - 1];
        var layer = new JsonObject { ["type"] = "upsample", ["mode"] = mode };
        if (Chance(1))
            layer["scale_factor"] = 0.5 + random.NextDouble();
        else
            layer["size"] = random.Next(1, 12);
        if (mode != "nearest" && Chance(1))
            layer["align_corners"] = Chance(1);
        return layer;
    }

    // A transformer's beginning: tokens of a picture, one of their own, and attention.
    private JsonObject Tokens() =>
        new()
        {
            ["type"] = "sequential",
            ["inline"] = Chance(1),
            ["layers"] = new JsonArray(
                new JsonObject { ["type"] = "flatten", ["start_dim"] = 2 },
                new JsonObject { ["type"] = "permute", ["dims"] = new JsonArray(0, 2, 1) },
                new JsonObject { ["type"] = "linear", ["out_features"] = 2 * random.Next(1, 5) },
                new JsonObject { ["type"] = "class_token" },
                new JsonObject { ["type"] = "position_embedding" },
                new JsonObject
                {
                    ["type"] = "residual",
                    ["body"] = new JsonArray(
                        // PyTorch 1.13 fails without the bias, which is there by default.
                        new JsonObject { ["type"] = "multi_head_attention", ["num_heads"] = 2 },
                        new JsonObject
                        {
                            ["type"] = "layer_scale",
                            ["dim"] = -1,
                            ["initial"] = 0.5,
                        }
                    ),
                }
            ),
        };

    private JsonObject Windows()
    {
        var window = random.Next(2, 4);
        var attention =
            random.Next(3) == 0
                ? new JsonObject
                {
                    ["type"] = "partition_attention",
                    ["num_heads"] = random.Next(1, 3),
                    ["partition_size"] = window,
                    ["partition"] = random.Next(2) == 0 ? "window" : "grid",
                }
                : new JsonObject
                {
                    ["type"] = "window_attention",
                    ["num_heads"] = random.Next(1, 3),
                    ["window_size"] = random.Next(2) == 0 ? window : new JsonArray(window, 2),
                    ["shift_size"] = random.Next(2),
                    ["version"] = random.Next(1, 3),
                };
        return new JsonObject
        {
            ["type"] = "sequential",
            ["layers"] = new JsonArray(
                new JsonObject { ["type"] = "permute", ["dims"] = new JsonArray(0, 2, 3, 1) },
                attention,
                new JsonObject
                {
                    ["type"] = "patch_merging",
                    ["version"] = random.Next(1, 3),
                    ["eps"] = 0.1,
                },
                new JsonObject { ["type"] = "permute", ["dims"] = new JsonArray(0, 3, 1, 2) }
            ),
        };
    }

    // Squeeze and excitation, or whatever else gives the input's sizes.
    private JsonObject Gate(int rank, int depth) =>
        new()
        {
            ["type"] = "gate",
            ["inline"] = Chance(1),
            ["body"] =
                random.Next(2) == 0
                    ? Layers(rank, depth)
                    : new JsonArray(
                        new JsonObject { ["type"] = $"adaptive_avg_pool{rank}d", ["output_size"] = 1 },
                        new JsonObject
                        {
                            ["type"] = $"conv{rank}d",
                            ["out_channels"] = 1,
                            ["kernel_size"] = 1,
                        },
                        new JsonObject { ["type"] = Activations[random.Next(Activations.Length)] }
                    ),
        };
}
