using System.Net.Http.Headers;
using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>A definition and its weights in one form.</summary>
public sealed class CreateModelFormTests(ApiServer server)
{
    private static readonly string Weights = Fixtures.Path("weights", "lesson", "lesson.safetensors");

    [Fact]
    public async Task Create_WeightsBeforeTheDefinition_AreLoaded()
    {
        using var form = new MultipartFormDataContent
        {
            {
                new ByteArrayContent(await File.ReadAllBytesAsync(Weights, TestContext.Current.CancellationToken)),
                "weights",
                "lesson.safetensors"
            },
            { Bodies.Json(Networks.Lesson("form-turned")), "definition" },
        };

        var model = await server.Api.CreateAsync(form);

        Assert.Equal("loaded", model.GetProperty("weights").GetString());
    }

    [Fact]
    public async Task Create_DefinitionAlone_IsRandom()
    {
        using var form = new MultipartFormDataContent { { Bodies.Json(Networks.Tiny("form-alone")), "definition" } };

        var model = await server.Api.CreateAsync(form);

        Assert.Equal("random", model.GetProperty("weights").GetString());
    }

    [Fact]
    public async Task Create_DefinitionAsAFile_IsRead()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Encoding.UTF8.GetBytes(Networks.Tiny("form-file"))), "definition", "model.json" },
        };

        await server.Api.CreateAsync(form);

        (await server.Api.GetAsync("/v1/models/form-file")).Ok();
    }

    [Fact]
    public async Task Create_NoDefinition_IsMalformed()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "weights", "w.pth" } };

        var answer = await server.Api.PostAsync("/v1/models", form);

        Assert.Contains(
            "definition",
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("definition", "definition")]
    [InlineData("definition", "weights", "weights")]
    [InlineData("definition", "weight")]
    [InlineData("definition", "")]
    public async Task Create_PartTooMany_IsMalformed(params string[] parts)
    {
        using var form = new MultipartFormDataContent("x");
        foreach (var part in parts)
        {
            var content = Bodies.Json(Networks.Tiny("form-refused"));
            content.Headers.ContentDisposition = new ContentDispositionHeaderValue("form-data")
            {
                Name = $"\"{part}\"",
                FileName = part == "definition" ? null : "w.pth",
            };
            form.Add(content);
        }

        var answer = await server.Api.PostAsync("/v1/models", form);

        answer.Problem(400, "malformed_request");
        (await server.Api.GetAsync("/v1/models/form-refused")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Create_BadDefinitionInAForm_PointsAtThePlace()
    {
        using var form = Bodies.Model(Networks.Tiny("Form"), Weights);

        var answer = await server.Api.PostAsync("/v1/models", form);

        answer.Problem(422, "definition_invalid", "/name");
    }

    [Fact]
    public async Task Create_WeightsOfAnotherNetwork_NamesEveryTensorAndLeavesTheNameFree()
    {
        using var form = Bodies.Model(Networks.Tiny("form-mismatch"), Weights);

        var answer = await server.Api.PostAsync("/v1/models", form);

        var errors = answer
            .Problem(422, "weights_mismatch")
            .GetProperty("errors")
            .EnumerateArray()
            .Select(error => error.GetProperty("pointer").GetString());
        Assert.Empty(new[] { "/1.weight", "/1.bias", "/0.weight", "/9.bias" }.Except(errors));
        await server.Api.CreateAsync(Networks.Tiny("form-mismatch"));
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    public async Task Create_NoBoundary_IsMalformed(string contentType)
    {
        var answer = await server.Api.PostAsync("/v1/models", Bodies.Raw("--x--"u8.ToArray(), contentType));

        answer.Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Create_EndlessBoundary_IsMalformed()
    {
        var boundary = new string('x', 6000);

        var answer = await server.Api.PostAsync(
            "/v1/models",
            Bodies.Raw(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"), $"multipart/form-data; boundary={boundary}")
        );

        answer.Problem(400, "malformed_request");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no form")]
    [InlineData("--x\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"definition\"\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"definition\"\r\n\r\n{\"name\":")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"weights\"; filename=\"w\"\r\n\r\nabc")]
    [InlineData("--x\r\nContent-Disposition: nonsense;;;\r\n\r\n{}\r\n--x--\r\n")]
    [InlineData("--x\r\nno colon here\r\n\r\n{}\r\n--x--\r\n")]
    [InlineData("--x\r\n\r\n{}\r\n--x--\r\n")]
    [InlineData("--x--\r\n")]
    public async Task Create_DamagedForm_IsMalformed(string body)
    {
        var answer = await server.Api.PostAsync(
            "/v1/models",
            Bodies.Raw(Encoding.UTF8.GetBytes(body), "multipart/form-data; boundary=x")
        );

        answer.Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Create_PartWithEndlessHeaders_IsMalformed()
    {
        var headers = Enumerable.Range(0, 100).Select(index => $"Header-{index}: {new string('a', 1000)}\r\n");
        var body = $"--x\r\n{string.Concat(headers)}\r\n{{}}\r\n--x--\r\n";

        var answer = await server.Api.PostAsync(
            "/v1/models",
            Bodies.Raw(Encoding.UTF8.GetBytes(body), "multipart/form-data; boundary=x")
        );

        answer.Problem(400, "malformed_request");
    }
}
