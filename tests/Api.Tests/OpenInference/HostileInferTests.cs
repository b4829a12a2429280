using System.IO.Compression;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.OpenInference;

/// <summary>What nobody in their right mind sends: each is refused, and the server lives.</summary>
public sealed class HostileInferTests(ApiServer server)
{
    private const string Infer = "/v2/models/oip-hostile/infer";

    public static TheoryData<string, string> Jsons =>
        new()
        {
            { "nothing", "" },
            { "no object", "[]" },
            { "no inputs", "{}" },
            { "product overflows", InferBodies.Json("[1]", shape: "[1,4294967296,4294967296,4294967296]") },
            { "product overflows to zero", InferBodies.Json("[]", shape: "[1,9223372036854775807,2,2]") },
            { "negative size", InferBodies.Json(shape: "[1,-3,32,32]") },
            { "size of zero", InferBodies.Json("[]", shape: "[0,3,32,32]") },
            { "too large a size", InferBodies.Json(shape: "[1,99999999999999999999999,32,32]") },
            { "too many sizes", InferBodies.Json(shape: $"[{string.Join(',', Enumerable.Repeat(1, 1000))}]") },
            { "batch too large", InferBodies.Json(shape: "[100000,3,32,32]") },
            { "another shape", InferBodies.Json(shape: "[1,32,32,3]") },
            { "too few numbers", InferBodies.Json("[1,2,3]") },
            { "unknown input", """{"inputs":[{"name":"a","shape":[1],"datatype":"FP32","data":[1]}]}""" },
            { "other datatype", InferBodies.Json().Replace("FP32", "UINT16", StringComparison.Ordinal) },
            { "FP16 as JSON", InferBodies.Json().Replace("FP32", "FP16", StringComparison.Ordinal) },
            { "an output twice", InferBodies.Json(more: ""","outputs":[{"name":"logits"},{"name":"logits"}]""") },
            { "unknown output", InferBodies.Json(more: ""","outputs":[{"name":"scores"}]""") },
            { "deep parameters", InferBodies.Json(more: $$""","parameters":{{Deep(200)}}""") },
            { "deep data", InferBodies.Json(Deep(101)) },
            { "NUL in a name", """{"inputs":[{"name":"in\u0000put","shape":[1],"datatype":"FP32","data":[1]}]}""" },
            { "half a surrogate", """{"inputs":[{"name":"\ud800","shape":[1],"datatype":"FP32","data":[1]}]}""" },
            { "infinite number", InferBodies.Json("[1e999]") },
            { "no photo", """{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["AAAA"]}]}""" },
            { "no base64", """{"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":["{}"]}]}""" },
            {
                "two inputs",
                """
                    {"inputs":[{"name":"image","shape":[1],"datatype":"BYTES","data":[]},
                               {"name":"input","shape":[1],"datatype":"FP32","data":[]}]}
                    """
            },
            {
                "classification of nothing",
                InferBodies.Json(more: ""","outputs":[{"name":"logits","parameters":{"classification":0}}]""")
            },
            { "huge priority", InferBodies.Json(more: ""","parameters":{"priority":1e300}""") },
            { "negative timeout", InferBodies.Json(more: ""","parameters":{"timeout":-1}""") },
        };

    [Theory]
    [MemberData(nameof(Jsons))]
    public async Task Infer_HostileJson_IsRefused(string attack, string json)
    {
        Assert.NotEmpty(attack);
        await ModelAsync();

        await RefusedAsync(await server.Api.PostAsync(Infer, json));
    }

    [Theory]
    [InlineData("99999999999")]
    [InlineData("99999999999999999999999999")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("1")]
    [InlineData("0")]
    public async Task Infer_HostileLengthOfTheJson_IsRefused(string length)
    {
        await ModelAsync();

        await RefusedAsync(await server.Api.PostAsync(Infer, InferBodies.Binary("{}", [1, 2, 3], length)));
    }

    [Theory]
    [InlineData("image", "[1]", "BYTES", 4, 255, 255, 255, 255)]
    [InlineData("image", "[1]", "BYTES", 3, 1, 0, 0)]
    [InlineData("image", "[2]", "BYTES", 4, 0, 0, 0, 0)]
    [InlineData("image", "[1]", "BYTES", 8, 0, 0, 0, 0, 0, 0, 0, 0)]
    [InlineData("input", "[1,3,32,32]", "FP32", 4, 0, 0, 0, 0)]
    [InlineData("input", "[1,3,32,32]", "FP32", -1)]
    [InlineData("input", "[1,3,32,32]", "FP32", 9223372036854775807)]
    [InlineData("input", "[1,9223372036854775807,2]", "FP16", 0)]
    public async Task Infer_HostileBinaryData_IsRefused(
        string name,
        string shape,
        string datatype,
        long size,
        params int[] data
    )
    {
        await ModelAsync();
        var json = $$$"""
            {"inputs":[{"name":"{{{name}}}","shape":{{{shape}}},"datatype":"{{{datatype}}}",
                        "parameters":{"binary_data_size":{{{size}}}}}]}
            """;

        await RefusedAsync(
            await server.Api.PostAsync(Infer, InferBodies.Binary(json, [.. data.Select(value => (byte)value)]))
        );
    }

    [Fact]
    public async Task Infer_GzipBomb_IsTooLarge()
    {
        await ModelAsync();
        using var packed = new MemoryStream();
        await using (var packing = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var index = 0; index < 70; index++)
                await packing.WriteAsync(zeros, TestContext.Current.CancellationToken);
        }

        var bomb = Bodies.Raw(packed.ToArray(), "application/json");
        bomb.Headers.ContentEncoding.Add("gzip");

        await RefusedAsync(await server.Api.PostAsync(Infer, bomb), 413);
    }

    [Theory]
    [InlineData("gzip", 400, "The body is damaged, or not gzip as its Content-Encoding says.")]
    [InlineData("deflate", 400, "The body is damaged, or not deflate as its Content-Encoding says.")]
    [InlineData("br", 415, "Content-Encoding 'br' is not supported here. Send gzip, deflate or an uncompressed body.")]
    public async Task Infer_WhatIsNotCompressed_IsRefused(string encoding, int status, string error)
    {
        await ModelAsync();
        var body = Bodies.Json(InferBodies.Json());
        body.Headers.ContentEncoding.Add(encoding);

        var answer = await server.Api.PostAsync(Infer, body);

        await RefusedAsync(answer, status);
        Assert.Equal(error, JsonElement.Parse(answer.Text).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("/v2/repository/index", "deep", 400)]
    [InlineData("/v2/repository/models/%20/load", "", 404)]
    [InlineData("/v2/repository/models/%20/unload", "", 404)]
    [InlineData("/v2/repository/models//load", "", 404)]
    [InlineData("/v2/repository/models/..%2Fa/load", "", 404)]
    [InlineData("/v2/repository/models/nobody/unload", """{"parameters":{"unload_dependents":true}}""", 404)]
    [InlineData("/v2/repository/models/a%20b/load", """{"parameters":{"config":"{}"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"config":"{\"name\":\"other\"}"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"config":"{\"a\":1,\"a\":2}"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"config":"\u0000"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"config":1}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"file:1/a":"AAAA"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":{"config":"{}","file:LONG":"*"}}""", 400)]
    [InlineData("/v2/repository/models/new/load", """{"parameters":[]}""", 400)]
    [InlineData("/v2/repository/other/models/new/load", "", 404)]
    public async Task Repository_HostileRequest_IsRefused(string path, string body, int status)
    {
        await ModelAsync();
        var json =
            body == "deep" ? Deep(250_000) : body.Replace("LONG", new string('a', 300), StringComparison.Ordinal);

        await RefusedAsync(await server.Api.PostAsync(path, json), status);
    }

    private static string Deep(int depth) => new string('[', depth) + new string(']', depth);

    private async Task RefusedAsync(Answer answer, int status = 400)
    {
        Assert.True(status == answer.Status, $"Not {status} but {answer.Status}: {answer.Text}");
        var property = Assert.Single(JsonElement.Parse(answer.Text).EnumerateObject());
        Assert.Equal("error", property.Name);
        (await server.Api.GetAsync("/v2/health/live")).Ok();
        (await server.Api.PostAsync(Infer, InferBodies.Json())).Ok();
    }

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("oip-hostile"));
}
