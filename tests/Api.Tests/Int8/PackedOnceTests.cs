using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Int8;

/// <summary>
/// Weights are packed when a version is made, for the size of the input. Where oneDNN finds them packed for another,
/// it packs them again in every batch, which took a fifth of the time of a ResNet-50 of 8-bit integers.
/// </summary>
public sealed class PackedOnceTests : IDisposable
{
    // The third convolution is one that oneDNN packs in another way without the size of its input.
    private const string Network = """
        { "input": { "channels": 1, "height": 28, "width": 28 }, "layers": [
          { "type": "conv2d", "out_channels": 64, "kernel_size": 3, "stride": 2, "padding": 1 }, { "type": "relu" },
          { "type": "conv2d", "out_channels": 512, "kernel_size": 3, "stride": 2, "padding": 1 }, { "type": "relu" },
          { "type": "conv2d", "out_channels": 512, "kernel_size": 3, "padding": 1 }, { "type": "relu" },
          { "type": "flatten" }, { "type": "linear", "out_features": 10 }] }
        """;

    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Predict_Float32AndInt8_PacksNothing()
    {
        using var server = await ServerProcess.StartAsync(
            data.Path,
            new Dictionary<string, string> { ["ONEDNN_VERBOSE"] = "1" },
            "--ModelService:Compute:Threads=1"
        );
        await Quantizations.PrepareAsync(server.Api, "m", Network);
        var run = await Quantizations.WaitAsync(server, await Quantizations.StartAsync(server, "m"));
        Assert.Equal("succeeded", run.GetProperty("state").GetString());

        foreach (var version in new[] { 1, 2 })
        {
            var before = server.Output.Count;

            // A single one: where oneDNN packs weights for several inputs in another order, but in as many bytes (AMX
            // does), these are kept packed for one.
            var picture = Bodies.Tensors([1, 28, 28], new float[28 * 28]);
            (await server.Api.PostAsync($"/v1/models/m/versions/{version}/predict", Bodies.Json(picture))).Ok();

            // The size of what is computed stands before the time that it took.
            var operations = server.Output.Skip(before).Where(line => line.Contains(",exec,")).ToList();
            Assert.Contains(operations, line => line.Contains("ic512oc512"));
            Assert.DoesNotContain(operations, line => line.Contains(",reorder,") && line.Contains(",512x512x3x3,"));
        }
    }
}
