using System.Text.Json;

namespace ModelService.Api.Tests.Weights;

/// <summary>
/// A network whose layers have names that only nn.Module would take, from its definition to its answers.
/// </summary>
public sealed class LayerNamesTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private const string Name = "block1-0: \"q\" \\ / 'é' \u5c42";

    private static readonly string Architecture = $$"""
        { "input": { "channels": 1, "height": 4, "width": 4 }, "layers": [
          { "type": "conv2d", "name": {{JsonSerializer.Serialize(Name)}}, "out_channels": 2, "kernel_size": 3 },
          { "type": "batch_norm2d", "name": "bn-1" }, { "type": "relu", "name": "act 1" }, { "type": "flatten" },
          { "type": "linear", "name": "fc-0", "out_features": 3 }] }
        """;

    [Fact]
    public async Task Create_NamesOfAllKinds_AreKept()
    {
        (await server.CreateAsync(WeightsServer.Definition("named", Architecture, """,  "seed": 1"""))).Ok(201);
        var file = await server.DownloadAsync("named");

        var copy = await server.CreateAsync(WeightsServer.Definition("copy", Architecture), file);

        File.Delete(file);
        Assert.Contains($"{Name}.weight", copy.Ok(201).GetProperty("weights_report").Strings("loaded"));
        float[] input = [.. Enumerable.Range(0, 16).Select(i => i / 16f)];
        Assert.Equal(
            (await server.LogitsAsync("named", input, [1, 1, 4, 4])).Logits,
            (await server.LogitsAsync("copy", input, [1, 1, 4, 4])).Logits
        );
    }
}
