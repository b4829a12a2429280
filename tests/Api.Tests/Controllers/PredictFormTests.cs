using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Several images in one request: how many, and in which form.</summary>
public sealed class PredictFormTests(ApiServer server)
{
    private const string Ten = "----------",
        Long = Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten + Ten;

    private static readonly byte[] Good = Fixtures.Bytes("photos", "coffee_palette4.png");

    [Fact]
    public async Task Predict_FormWithoutFiles_IsMalformed()
    {
        var model = await ModelAsync();
        using var empty = new MultipartFormDataContent();
        using var text = new MultipartFormDataContent
        {
            { new StringContent("3"), "top_k" },
            { new ByteArrayContent(Good), "images", "photo" },
        };

        var none = await server.Api.PredictAsync(model, empty);
        var field = await server.Api.PredictAsync(model, text);

        none.Problem(400, "malformed_request");
        Assert.Contains(
            "top_k",
            field.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\nabc")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\nabc")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\n")]
    [InlineData("--x")]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\nabc\r\n--x" + Long)]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"\r\n\r\n\r\n--x" + Long)]
    [InlineData("--x\r\nContent-Disposition: form-data; name=\"images\"; filename*\r\n\r\nabc\r\n--x--\r\n")]
    public async Task Predict_FormThatIsDamaged_IsMalformed(string body)
    {
        var answer = await server.Api.PredictAsync(
            await ModelAsync(),
            Bodies.Raw(Encoding.ASCII.GetBytes(body), "multipart/form-data; boundary=x")
        );

        answer.Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Predict_FilesWithNames_EchoesThem()
    {
        var model = await ModelAsync();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Good), "images", "first.png" },
            { new ByteArrayContent([1, 2, 3]), "images", "Grün 2.png" },
        };

        var files = (await server.Api.PredictAsync(model, form))
            .Ok()
            .GetProperty("predictions")
            .EnumerateArray()
            .Select(prediction => prediction.TryGetProperty("file", out var file) ? file.GetString() : null);
        var single = (await server.Api.PredictAsync(model, Bodies.Raw(Good, "image/png"))).Prediction();

        Assert.Equal(["first.png", "Grün 2.png"], files);
        Assert.False(single.TryGetProperty("file", out _));
    }

    [Fact]
    public async Task Predict_AsManyImagesAsAreTaken_ScoresEach()
    {
        var model = await ModelAsync();

        var form = (await server.Api.PredictAsync(model, Bodies.Files(Enumerable.Repeat(Good, 32)))).Ok();
        var json = (await server.Api.PredictAsync(model, Bodies.Images(Enumerable.Repeat(Good, 32)))).Ok();

        Assert.Equal(
            (32, 32),
            (form.GetProperty("predictions").GetArrayLength(), json.GetProperty("predictions").GetArrayLength())
        );
    }

    [Fact]
    public async Task Predict_OneImageMore_IsMalformed()
    {
        var model = await ModelAsync();

        var form = await server.Api.PredictAsync(model, Bodies.Files(Enumerable.Repeat(Good, 33)));
        var json = await server.Api.PredictAsync(model, Bodies.Images(Enumerable.Repeat(Good, 33)));

        form.Problem(400, "malformed_request");
        Assert.Contains(
            "more than 32",
            json.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("predict-form"));
}
