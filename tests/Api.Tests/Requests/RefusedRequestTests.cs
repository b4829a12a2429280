using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Requests;

/// <summary>What a refused request is told: what is wrong with it, and what would fit.</summary>
public sealed class RefusedRequestTests(ApiServer server)
{
    private const string Part = "Content-Disposition: form-data; name=\"images\"; filename=\"a\"";

    [Theory]
    [InlineData(
        "/v1/models",
        "Send application/json, or multipart/form-data with one part 'definition' (JSON) and one part 'weights' (file)."
    )]
    [InlineData("/v1/architectures/analyze", "Send application/json.")]
    [InlineData(
        "/v1/architectures/features",
        "Send multipart/form-data with one part 'definition' (JSON) and one part 'image' (file)."
    )]
    public async Task Post_NoContentType_SaysThatItIsMissingAndWhatFits(string path, string fits) =>
        Assert.Equal(
            $"The header Content-Type is missing. {fits}",
            Detail(await server.Api.PostAsync(path, Bodies.Raw([1, 2, 3], null)), 415, "unsupported_media_type")
        );

    [Theory]
    [InlineData("", "it has no end '--x--', as the boundary of its Content-Type asks for.")]
    [InlineData("--y\r\n" + Part + "\r\n\r\nabc\r\n--y--\r\n", "it has no end '--x--', as ")]
    [InlineData("--x\r\nnonsense\r\n\r\nabc\r\n--x--\r\n", "the headers of a part can't be read (")]
    public async Task Post_DamagedForm_SaysWhatIsWrongWithIt(string body, string problem)
    {
        var form = Bodies.Raw(Encoding.ASCII.GetBytes(body), "multipart/form-data; boundary=x");

        var detail = Detail(await server.Api.PredictAsync("any", form), 400, "malformed_request");

        Assert.StartsWith($"The multipart body is damaged: {problem}", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/models", "wieghts", "The form's part 'wieghts' is unknown; did you mean 'weights'? Send ")]
    [InlineData("/v1/models", "photo", "The form's part 'photo' is unknown. Send ")]
    [InlineData("/v1/models", "weights,weights", "The form has a second part 'weights'. Send ")]
    [InlineData("/v1/architectures/features", "imagee", "The form's part 'imagee' is unknown; did you mean 'image'? ")]
    [InlineData("/v1/architectures/features", "image,image", "The form has a second part 'image'. Send ")]
    public async Task Post_PartsThatAreNoneOfTheForm_SaysWhichAndTheNearest(string path, string parts, string problem)
    {
        using var form = new MultipartFormDataContent();
        foreach (var part in parts.Split(','))
            form.Add(new ByteArrayContent([1, 2, 3]), part, "file");

        var detail = Detail(await server.Api.PostAsync(path, form), 400, "malformed_request");

        Assert.StartsWith(problem, detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Features_ImageAsText_SaysThatItIsNoFile()
    {
        using var form = new MultipartFormDataContent { { new StringContent("cat.jpg"), "image" } };

        var detail = Detail(await server.Api.PostAsync("/v1/architectures/features", form), 400, "malformed_request");

        Assert.StartsWith("The form's part 'image' is not a file.", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quantize_NoImages_SaysWhereTheyCanComeFrom()
    {
        var answer = await server.Api.SendAsync(HttpMethod.Post, "/v1/models/any/versions/1/quantize");

        Assert.Equal(
            "There are no images. Name a data set by ?dataset=, or send images as the body, as for predictions.",
            Detail(answer, 400, "malformed_request")
        );
    }

    [Fact]
    public async Task Train_NameThatNoModelCanHave_SaysThatThePathHasIt()
    {
        var answer = await server.Api.PostAsync("/v1/models/BAD/trainings", """{ "dataset": "any" }""");

        Assert.Equal(
            "The path names the model 'BAD', which can't be a model's name: 1 to 64 lower-case letters, digits, '.', "
                + "'_' or '-'; begins and ends with a letter or digit.",
            Detail(answer, 422, "definition_invalid")
        );
    }

    private static string Detail(Answer answer, int status, string code) =>
        answer.Problem(status, code).GetProperty("detail").GetString()!;
}
