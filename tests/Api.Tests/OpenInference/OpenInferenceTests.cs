using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.OpenInference;

/// <summary>The Open Inference Protocol over REST.</summary>
public sealed class OpenInferenceTests(ApiServer server)
{
    private const string Infer = "/v2/models/oip/infer";

    [Fact]
    public async Task Get_HealthAndMetadata_AreThoseOfTheProtocol()
    {
        await ModelAsync();

        Assert.True((await server.Api.GetAsync("/v2/health/live")).Ok().GetProperty("live").GetBoolean());
        Assert.True((await server.Api.GetAsync("/v2/health/ready")).Ok().GetProperty("ready").GetBoolean());
        foreach (var path in new[] { "/v2", "/v2/" })
        {
            var metadata = (await server.Api.GetAsync(path)).Ok();
            Assert.Equal("model-service", metadata.GetProperty("name").GetString());
            Assert.Contains(
                "binary_tensor_data",
                metadata.GetProperty("extensions").EnumerateArray().Select(item => item.GetString())
            );
        }

        foreach (var path in new[] { "/v2/models/oip", "/v2/models/oip/versions/1" })
        {
            var model = (await server.Api.GetAsync(path)).Ok();
            Assert.Equal(["1"], model.GetProperty("versions").EnumerateArray().Select(item => item.GetString()));
            Assert.Equal(
                ["image BYTES [-1]", "input FP32 [-1,3,32,32]", "logits FP32 [-1,4]", "probabilities FP32 [-1,4]"],
                model
                    .GetProperty("inputs")
                    .EnumerateArray()
                    .Concat(model.GetProperty("outputs").EnumerateArray())
                    .Select(tensor =>
                        $"{tensor.GetProperty("name")} {tensor.GetProperty("datatype")} {tensor.GetProperty("shape")}"
                    )
            );
            Assert.True((await server.Api.GetAsync(path + "/ready")).Ok().GetProperty("ready").GetBoolean());
            Assert.True(
                (await server.Api.GetAsync(path + "/config")).Ok().GetProperty("max_batch_size").GetInt32() > 0
            );
        }
    }

    [Theory]
    [InlineData("GET", "/v2/models/nobody", 404)]
    [InlineData("GET", "/v2/models/nobody/ready", 404)]
    [InlineData("GET", "/v2/models/oip/versions/9/ready", 404)]
    [InlineData("GET", "/v2/models/oip/versions/latest", 404)]
    [InlineData("GET", "/v2/nothing", 404)]
    [InlineData("GET", "/v2/models/oip/infer", 405)]
    [InlineData("POST", "/v2/health/live", 405)]
    public async Task Send_WhatIsNotThere_IsAnErrorOfTheProtocol(string method, string path, int status)
    {
        await ModelAsync();

        Error(await server.Api.SendAsync(new HttpMethod(method), path), status);
    }

    [Fact]
    public async Task Infer_EachEncoding_EqualsTheNativeScoresBitForBit()
    {
        await ModelAsync();
        var expected = (
            await NativeAsync(Networks.InputJson(), "logits"),
            await NativeAsync(Networks.InputJson(), "probabilities")
        );
        const string BinaryJson = """
            {"inputs":[{"name":"input","shape":[1,3,32,32],"datatype":"FP32","parameters":{"binary_data_size":12288}}],
              "parameters":{"binary_data_output":true}}
            """;

        var flat = Json(await server.Api.PostAsync(Infer, InferBodies.Json()));
        var nested = Json(await server.Api.PostAsync(Infer, InferBodies.Json(InferBodies.Nested())));
        var binary = await BinaryAsync(InferBodies.Binary(BinaryJson, InferBodies.Bytes()));
        var raw = await BinaryAsync(InferBodies.Binary("", InferBodies.Bytes()));

        Assert.All([flat, nested, binary, raw], scores => Assert.Equal(expected, scores));
    }

    [Fact]
    public async Task Infer_Photo_EqualsTheNativeScoresInEachEncoding()
    {
        await ModelAsync();
        var photo = Bodies.RandomBmp(1);
        var expected = (
            await NativeAsync(Bodies.Images(photo), "logits"),
            await NativeAsync(Bodies.Images(photo), "probabilities")
        );
        var sized = $$$"""
            {"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":{{{photo.Length
                + 4}}}}}]}
            """;

        var text = Json(
            await server.Api.PostAsync(
                Infer,
                $$"""
                {"inputs":[{"name":"image","shape":[1],"datatype":"BYTES",
                            "data":["{{Convert.ToBase64String(photo)}}"]}]}
                """
            )
        );
        var binary = Json(
            await server.Api.PostAsync(
                Infer,
                InferBodies.Binary(sized, [.. BitConverter.GetBytes(photo.Length), .. photo])
            )
        );
        var raw = await BinaryAsync(InferBodies.Binary("", photo));

        Assert.All([text, binary, raw], scores => Assert.Equal(expected, scores));
    }

    [Fact]
    public async Task Infer_IdOutputsAndClassification_AreFollowed()
    {
        await ModelAsync();

        var answer = (
            await server.Api.PostAsync(
                "/v2/models/oip/versions/1/infer",
                InferBodies.Json(
                    more: """
                    ,"id":"mine","parameters":{"priority":1,"timeout":60000000},
                    "outputs":[{"name":"probabilities","parameters":{"classification":2}}]
                    """
                )
            )
        ).Ok();

        Assert.Equal(
            ("mine", "oip", "1"),
            (Text(answer, "id"), Text(answer, "model_name"), Text(answer, "model_version"))
        );
        var output = Assert.Single(answer.GetProperty("outputs").EnumerateArray());
        Assert.Equal(("BYTES", "[1,2]"), (Text(output, "datatype"), output.GetProperty("shape").GetRawText()));
        var scores = await NativeAsync(Networks.InputJson(), "probabilities");
        var best = output.GetProperty("data").EnumerateArray().Select(item => item.GetString()!.Split(':')).ToList();
        Assert.Equal(
            JsonElement.Parse(scores).Floats().Order().Reverse().Take(2),
            best.Select(item => float.Parse(item[0], System.Globalization.CultureInfo.InvariantCulture))
        );
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Infer_CompressedBody_IsUnpacked(string encoding)
    {
        await ModelAsync();
        using var packed = new MemoryStream();
        await using (
            Stream packing =
                encoding == "gzip"
                    ? new GZipStream(packed, CompressionMode.Compress, leaveOpen: true)
                    : new ZLibStream(packed, CompressionMode.Compress, leaveOpen: true)
        )
        {
            await packing.WriteAsync(
                System.Text.Encoding.UTF8.GetBytes(InferBodies.Json()),
                TestContext.Current.CancellationToken
            );
        }

        var body = Bodies.Raw(packed.ToArray(), "application/json");
        body.Headers.ContentEncoding.Add(encoding);

        Assert.Equal(
            await NativeAsync(Networks.InputJson(), "logits"),
            Json(await server.Api.PostAsync(Infer, body)).Logits
        );
    }

    [Fact]
    public async Task Statistics_AfterAnInference_CountIt()
    {
        await server.Api.EnsureAsync(Networks.Tiny("oip-counted"));
        (await server.Api.PostAsync("/v2/models/oip-counted/infer", InferBodies.Json())).Ok();

        foreach (var path in new[] { "/v2/models/oip-counted/stats", "/v2/models/oip-counted/versions/1/stats" })
        {
            var counts = Assert.Single(
                (await server.Api.GetAsync(path)).Ok().GetProperty("model_stats").EnumerateArray()
            );
            Assert.Equal(1, counts.GetProperty("inference_count").GetInt32());
            Assert.Equal(
                1,
                counts.GetProperty("inference_stats").GetProperty("success").GetProperty("count").GetInt32()
            );
            Assert.True(counts.GetProperty("last_inference").GetInt64() > 1_700_000_000_000);
        }

        (await server.Api.GetAsync("/v2/models/stats")).Ok();
    }

    [Fact]
    public async Task Repository_LoadWithConfigUnloadAndLoad_ChangeTheIndex()
    {
        var config = JsonSerializer.Serialize(Networks.Tiny("oip-loaded"));

        var load = await server.Api.PostAsync(
            "/v2/repository/models/oip-loaded/load",
            $$$"""{"parameters":{"config":{{{config}}}}}"""
        );

        Assert.Equal((200, ""), (load.Status, load.Text));
        Assert.Equal("READY", await StateAsync("oip-loaded"));
        Assert.Equal(200, (await server.Api.PostAsync("/v2/repository/models/oip-loaded/unload", "")).Status);
        Assert.Equal("UNAVAILABLE", await StateAsync("oip-loaded"));
        Error(await server.Api.GetAsync("/v2/models/oip-loaded/ready"), 503);
        Error(await server.Api.PostAsync("/v2/models/oip-loaded/infer", InferBodies.Json()), 503);
        Assert.Equal(200, (await server.Api.PostAsync("/v2/repository/models/oip-loaded/load", "{}")).Status);
        Assert.Equal("READY", await StateAsync("oip-loaded"));

        // A failed load leaves the model as it was.
        Error(
            await server.Api.PostAsync(
                "/v2/repository/models/oip-loaded/load",
                """{"parameters":{"config":"{\"architecture\":{}}"}}"""
            ),
            400
        );
        (await server.Api.PostAsync("/v2/models/oip-loaded/infer", InferBodies.Json())).Ok();
    }

    private static void Error(Answer answer, int status)
    {
        Assert.True(status == answer.Status, $"Not {status} but {answer.Status}: {answer.Text}");
        Assert.Equal("application/json", answer.MediaType);
        var property = Assert.Single(JsonElement.Parse(answer.Text).EnumerateObject());
        Assert.Equal("error", property.Name);
        Assert.NotEqual("", property.Value.GetString());
    }

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private async Task<string?> StateAsync(string model) =>
        (await server.Api.PostAsync("/v2/repository/index", ""))
            .Ok()
            .EnumerateArray()
            .First(entry => Text(entry, "name") == model)
            .GetProperty("state")
            .GetString();

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("oip"));

    private async Task<string> NativeAsync(string body, string scores) =>
        (await server.Api.PredictAsync("oip", body, $"?scores={scores}")).Prediction().GetProperty(scores).GetRawText();

    private static (string Logits, string Probabilities) Json(Answer answer)
    {
        var outputs = answer.Ok().GetProperty("outputs");
        return (outputs[0].GetProperty("data").GetRawText(), outputs[1].GetProperty("data").GetRawText());
    }

    // The scores of a binary answer, written as the native API does.
    private async Task<(string Logits, string Probabilities)> BinaryAsync(HttpContent body)
    {
        using var http = server.CreateClient();
        using var answer = await http.PostAsync(Infer, body, TestContext.Current.CancellationToken);
        var bytes = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, System.Text.Encoding.UTF8.GetString(bytes));
        var length = int.Parse(
            Assert.Single(answer.Headers.GetValues("Inference-Header-Content-Length")),
            System.Globalization.CultureInfo.InvariantCulture
        );
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.MediaType);
        var outputs = JsonElement.Parse(bytes.AsSpan(0, length)).GetProperty("outputs");
        Assert.Equal(16, outputs[0].GetProperty("parameters").GetProperty("binary_data_size").GetInt32());
        var numbers = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(length)).ToArray();
        return (JsonSerializer.Serialize(numbers[..4]), JsonSerializer.Serialize(numbers[4..]));
    }
}
