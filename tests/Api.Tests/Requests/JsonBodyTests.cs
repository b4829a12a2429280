using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Requests;

/// <summary>What is no JSON, wherever JSON is taken.</summary>
public sealed class JsonBodyTests(ApiServer server)
{
    public static TheoryData<string> Paths => ["/v1/architectures/analyze", "/v1/models", "/v1/models/any/predict"];

    public static MatrixTheoryData<string, string> Malformed =>
        new(
            ["/v1/architectures/analyze", "/v1/models", "/v1/models/any/predict"],
            [
                "",
                " ",
                "{",
                "{]",
                "{\"a\":1,}",
                "{} {}",
                "{'a':1}",
                "// no\n{}",
                "{\"a\":NaN}",
                "{\"a\":01}",
                "\u0000",
                "<html>",
                "\"\\x\"",
            ]
        );

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task Post_NoJson_IsMalformed(string path, string json)
    {
        var answer = await server.Api.PostAsync(path, json);

        answer.Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData(
        "{\"a\":1,}",
        "The body is not valid JSON: The JSON object contains a trailing comma at the end, which JSON does not "
            + "allow. (Line 1, byte 8.)"
    )]
    [InlineData(
        "{\n  \"a\": NaN }",
        "The body is not valid JSON: 'N' is an invalid start of a value. (Line 2, byte 8.)"
    )]
    public async Task Post_NoJson_SaysWhatIsWrongAndWhere(string json, string detail) =>
        Assert.Equal(
            detail,
            (await server.Api.PostAsync("/v1/models", json))
                .Problem(400, "malformed_request")
                .GetProperty("detail")
                .GetString()
        );

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Post_TextThatIsNoUtf8_IsMalformed(string path)
    {
        var json = Encoding.Latin1.GetBytes("{\"name\":\"caf\u00e9\",\"images\u00e9\":1}");

        var answer = await server.Api.PostAsync(path, Bodies.Raw(json, "application/json"));

        answer.Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData(
        "/v1/architectures/analyze",
        """{"input":{"channels":3,"height":8,"width":8},"layers":[{"type":"\ud800"}]}"""
    )]
    [InlineData(
        "/v1/architectures/analyze",
        """{"input":{"channels":3,"height":8,"width":8},"layers":[],"\udfff":1}"""
    )]
    [InlineData("/v1/models", """{"name":"\ud800","base":"resnet18"}""")]
    [InlineData("/v1/models/any/predict", """{"images":["\ud800"]}""")]
    [InlineData("/v1/models/any/predict", """{"\ud800":[]}""")]
    public async Task Post_HalfASurrogatePair_IsMalformed(string path, string json)
    {
        var answer = await server.Api.PostAsync(path, json);

        answer.Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData("POST", "/v1/architectures/analyze")]
    [InlineData("POST", "/v1/models")]
    [InlineData("PATCH", "/v1/models/json-deep")]
    [InlineData("POST", "/v1/models/json-deep/versions")]
    [InlineData("POST", "/v1/models/json-deep/predict")]
    [InlineData("POST", "/v1/models/json-deep/versions/1/predict")]
    public async Task Send_JsonOfEndlessDepth_IsMalformed(string method, string path)
    {
        const int Depth = 100_000;
        await server.Api.EnsureAsync(Networks.Tiny("json-deep"));
        string[] texts =
        [
            new string('[', Depth),
            new string('[', Depth) + new string(']', Depth),
            string.Concat(Enumerable.Repeat("{\"layers\":[", Depth / 2)),
        ];

        foreach (var text in texts)
        {
            (await server.Api.SendAsync(new HttpMethod(method), path, Bodies.Json(text))).Problem(
                400,
                "malformed_request"
            );
        }

        if (!path.EndsWith("models", StringComparison.Ordinal) && !path.EndsWith("versions", StringComparison.Ordinal))
            return;
        using var form = new MultipartFormDataContent { { Bodies.Json(texts[0]), "definition" } };
        (await server.Api.PostAsync(path, form)).Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData("/v1/architectures/analyze", "text/plain")]
    [InlineData("/v1/architectures/analyze", "multipart/form-data; boundary=x")]
    [InlineData("/v1/architectures/analyze", "nonsense")]
    [InlineData("/v1/architectures/analyze", null)]
    [InlineData("/v1/models", "text/plain")]
    [InlineData("/v1/models", "application/x-www-form-urlencoded")]
    [InlineData("/v1/models", "multipart/mixed; boundary=x")]
    [InlineData("/v1/models", null)]
    [InlineData("/v1/models/any/predict", "image/svg+xml")]
    [InlineData("/v1/models/any/predict", "video/mp4")]
    public async Task Post_OtherContentType_IsUnsupported(string path, string? contentType)
    {
        var answer = await server.Api.PostAsync(path, Bodies.Raw("{}"u8.ToArray(), contentType));

        answer.Problem(415, "unsupported_media_type");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/vnd.model+json")]
    public async Task Post_JsonUnderAnyOfItsNames_IsRead(string contentType)
    {
        var answer = await server.Api.PostAsync(
            "/v1/architectures/analyze",
            Bodies.Raw(Encoding.UTF8.GetBytes(Networks.TinyArchitecture), contentType)
        );

        answer.Ok();
    }

    [Theory]
    [InlineData(Networks.TinyArchitecture, 200)]
    [InlineData("", 400)]
    public async Task Post_JsonBehindAByteOrderMark_IsReadWithoutIt(string json, int status)
    {
        byte[] body = [.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(json)];

        var answer = await server.Api.PostAsync("/v1/architectures/analyze", Bodies.Raw(body, "application/json"));

        Assert.Equal(status, answer.Status);
    }
}
