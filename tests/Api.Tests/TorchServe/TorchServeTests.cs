using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.TorchServe;

/// <summary>TorchServe's two calls, where they are enabled.</summary>
public sealed class TorchServeTests : IAsyncDisposable
{
    private readonly ApiServer server = new() { Settings = new() { ["ModelService:TorchServe:Enabled"] = "true" } };

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("POST", "/predictions/labelled")]
    [InlineData("POST", "/predictions/labelled/1")]
    [InlineData("POST", "/predictions/labelled/1.0")]
    [InlineData("PUT", "/predictions/labelled")]
    [InlineData("PUT", "/predictions/labelled/1.0")]
    public async Task Predict_PhotoAsBodyOrForm_AnswersWithTheBestLabels(string method, string path)
    {
        await server.Api.CreateAsync(Networks.Tiny("labelled", "\"seed\":1,\"labels\":[\"a\",\"b\",\"c\",\"d\"]"));
        var photo = Bodies.RandomBmp(1);
        var expected = (await server.Api.PredictAsync("labelled", Bodies.Images(photo)))
            .Prediction()
            .GetProperty("top")
            .EnumerateArray()
            .Select(top => $"{top.GetProperty("label").GetString()}:{top.GetProperty("probability").GetRawText()}");

        foreach (var body in new[] { Bodies.Raw(photo, null), Bodies.Files(photo) })
        {
            var answer = (await server.Api.SendAsync(new HttpMethod(method), path, body)).Ok();
            Assert.Equal(
                expected,
                answer.EnumerateObject().Select(scored => $"{scored.Name}:{scored.Value.GetRawText()}")
            );
        }
    }

    [Fact]
    public async Task Predict_ClassesOfOneLabel_AnswersWithTheBest()
    {
        await server.Api.CreateAsync(Networks.Tiny("cranes", "\"seed\":1,\"labels\":[\"a\",\"a\",\"a\",\"a\"]"));
        var photo = Bodies.RandomBmp(1);
        var best = (await server.Api.PredictAsync("cranes", Bodies.Images(photo))).Prediction().GetProperty("top")[0];

        var answer = (await server.Api.PostAsync("/predictions/cranes", Bodies.Raw(photo, null))).Ok();

        Assert.Equal($$"""{"a":{{best.GetProperty("probability").GetRawText()}}}""", answer.GetRawText());
    }

    [Fact]
    public async Task Ping_ServerThatIsReady_IsHealthy() =>
        Assert.Equal("""{"status":"Healthy"}""", (await server.Api.GetAsync("/ping")).Ok().GetRawText());

    [Fact]
    public async Task Predict_Errors_HaveItsForm()
    {
        await server.Api.CreateAsync(Networks.Tiny("fails"));
        var photo = Bodies.RandomBmp(1);

        Failed(await server.Api.PostAsync("/predictions/nobody", Bodies.Raw(photo, null)), 404, "model_not_found");
        Failed(await server.Api.PostAsync("/predictions/fails/2.0", Bodies.Raw(photo, null)), 404, "version_not_found");
        Failed(await server.Api.PostAsync("/predictions/fails", Bodies.Files(photo, photo)), 400, "malformed_request");
        Failed(
            await server.Api.PostAsync("/predictions/fails", Bodies.Raw([0xFF, 0xD8, 0xFF, 0xE0, 1, 2], "image/jpeg")),
            400,
            "image_undecodable"
        );
    }

    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    public async Task Predict_KeyOfAnotherScope_IsForbidden(string method)
    {
        await using var other = new ApiServer
        {
            Settings = new(Keys.Settings) { ["ModelService:TorchServe:Enabled"] = "true" },
        };

        foreach (var path in new[] { "/predictions/any", "/predictions/any/1" })
        {
            var photo = Bodies.Raw(Bodies.RandomBmp(1), null);
            Failed(await other.With("manage").SendAsync(new HttpMethod(method), path, photo), 403, "forbidden");
        }
    }

    [Fact]
    public async Task Predict_NotEnabled_IsNotFound()
    {
        await using var other = new ApiServer();

        (await other.Api.GetAsync("/ping")).Problem(404, "not_found");
        (await other.Api.PostAsync("/predictions/a", "{}")).Problem(404, "not_found");
    }

    private static void Failed(Answer answer, int status, string type)
    {
        Assert.True(status == answer.Status, answer.Text);
        var error = JsonElement.Parse(answer.Text);
        Assert.Equal(["code", "type", "message"], error.EnumerateObject().Select(property => property.Name));
        Assert.Equal((status, type), (error.GetProperty("code").GetInt32(), error.GetProperty("type").GetString()));
    }
}
