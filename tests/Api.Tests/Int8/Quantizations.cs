using System.Net.Http.Headers;
using System.Text.Json;
using ModelService.Api.Tests.Support;
using ModelService.Api.Tests.Trainings;

namespace ModelService.Api.Tests.Int8;

/// <summary>Quantizations in the background, as clients of a server see them.</summary>
internal static class Quantizations
{
    /// <summary>A budget that any network keeps.</summary>
    public const string Loose = "max_probability_change=1&min_agreement=0";

    /// <summary>Uploads digits, and makes a model whose weights are not random.</summary>
    /// <param name="api">The server.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="channels">Output channels of its convolutions: with 64, a quantization takes some seconds.</param>
    public static Task PrepareAsync(ApiClient api, string model, int channels) =>
        PrepareAsync(api, model, Network(channels));

    /// <summary>Uploads digits, and makes a model of a network whose weights are not random.</summary>
    public static async Task PrepareAsync(ApiClient api, string model, string network)
    {
        using var photos = new ByteArrayContent(TrainingServer.Zip(12, 3, ["train"]));
        photos.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        Assert.InRange((await api.PostAsync("/v1/datasets/digits/images", photos)).Status, 200, 201);
        await api.CreateAsync($$"""{ "name": "{{model}}", "architecture": {{network}} }""");

        // Those of a file that doesn't say so are no random ones any more.
        var path = $"/v1/models/{model}/versions/1/weights";
        var drawn = SafetensorsFile.WithoutMetadata((await api.GetAsync(path)).Bytes);
        using var weights = new ByteArrayContent(drawn);
        (await api.SendAsync(HttpMethod.Put, path, weights)).Ok();
    }

    /// <summary>Asks for a quantization in the background, with the images of the data set.</summary>
    /// <returns>Its path.</returns>
    public static async Task<string> StartAsync(ServerProcess server, string model, string query = Loose)
    {
        var answer = await AskAsync(server, $"/v1/models/{model}/versions/1/quantize?dataset=digits&{query}");
        var started = answer.Ok(202);
        Assert.Equal("respond-async", answer.Header("Preference-Applied"));
        Assert.Equal("queued", started.GetProperty("state").GetString());
        var path = $"/v1/quantizations/{started.GetProperty("id").GetString()}";
        Assert.EndsWith(path, answer.Location!.OriginalString, StringComparison.Ordinal);
        return path;
    }

    /// <summary>Sends a request that prefers to be answered at once.</summary>
    public static async Task<Answer> AskAsync(ServerProcess server, string path, HttpContent? body = null)
    {
        using var http = new HttpClient { BaseAddress = server.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Prefer", "respond-async, wait=10");
        return await new ApiClient(http).SendAsync(HttpMethod.Post, path, body);
    }

    /// <summary>Waits until a quantization has come to a state.</summary>
    public static Task<JsonElement> WaitAsync(ServerProcess server, string quantization, params string[] states) =>
        Eventually.GetAsync(
            async () => (await server.Api.GetAsync(quantization)).Ok(),
            run => states.Contains(run.GetProperty("state").GetString())
        );

    /// <summary>Waits until a quantization has ended.</summary>
    public static Task<JsonElement> WaitAsync(ServerProcess server, string quantization) =>
        WaitAsync(server, quantization, "succeeded", "failed", "cancelled");

    /// <summary>The precisions of a model's versions, by their numbers.</summary>
    public static async Task<IReadOnlyList<string?>> PrecisionsAsync(ServerProcess server, string model)
    {
        var path = $"/v1/models/{model}/versions";
        var numbers = (await server.Api.GetAsync(path))
            .Ok()
            .GetProperty("versions")
            .EnumerateArray()
            .Select(version => version.GetProperty("version").GetInt32())
            .Order();
        var versions = await Task.WhenAll(numbers.Select(number => server.Api.GetAsync($"{path}/{number}")));
        return [.. versions.Select(version => version.Ok().GetProperty("precision").GetString())];
    }

    private static string Network(int channels)
    {
        var convolution = $$"""
            { "type": "conv2d", "out_channels": {{channels}}, "kernel_size": 3, "padding": 1 }, { "type": "relu" }
            """;
        return $$"""
            { "input": { "channels": 1, "height": 32, "width": 32 }, "layers": [
              {{convolution}}, {{convolution}}, {{convolution}}, { "type": "max_pool2d", "kernel_size": 2 },
              { "type": "flatten" }, { "type": "linear", "out_features": 10 }] }
            """;
    }
}
