using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Requests;

/// <summary>Bodies that are too large, over a real socket: with their length told beforehand, and without.</summary>
public sealed class BodyLimitTests : IAsyncDisposable
{
    private const int Limit = 2048;

    private readonly ApiServer server = new ApiServer
    {
        Settings = new()
        {
            ["ModelService:Limits:MaxDefinitionBytes"] = $"{Limit}",
            ["ModelService:Limits:MaxPredictBytes"] = $"{Limit}",
            ["ModelService:Limits:MaxWeightsBytes"] = $"{Limit}",
        },
    }.OnSocket();

    public static MatrixTheoryData<string, bool> Requests =>
        new(
            [
                "analyze",
                "create",
                "create: definition",
                "create: weights",
                "version",
                "version: definition",
                "version: weights",
                "update",
                "check",
                "put",
                "predict json",
                "predict image",
                "predict file",
                "predict files",
                "predict-version image",
            ],
            [false, true]
        );

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Post_BodyLargerThanTheLimit_IsRefusedAndTheServerGoesOn(string request, bool chunked)
    {
        await server.Api.CreateAsync(Networks.Tiny("any"));
        using var body = Body(request, Limit + 1);
        var (method, path) = Endpoint(request);

        var answer = await server.Api.SendAsync(method, path, chunked ? Bodies.Chunked(body) : body);

        answer.Problem(413, "body_too_large");
        await server.Api.CreateAsync(Networks.Tiny("next"));
    }

    [Theory]
    [InlineData("analyze")]
    [InlineData("create")]
    public async Task Post_BodyOfTheLimit_IsTaken(string request)
    {
        foreach (var chunked in new[] { false, true })
        {
            using var body = Body(request, Limit);

            var answer = await server.Api.PostAsync(Endpoint(request).Path, chunked ? Bodies.Chunked(body) : body);

            Assert.Contains(answer.Status, new[] { 200, 201, 409 });
        }
    }

    [Theory]
    [InlineData("image/png", false)]
    [InlineData("image/png", true)]
    [InlineData("application/json", false)]
    [InlineData("application/json", true)]
    public async Task Predict_MoreThanTheDefaultLimit_IsRefused(string contentType, bool chunked)
    {
        await using var usual = new ApiServer().OnSocket();
        var body = Bodies.Raw(new byte[(64 << 20) + 1], contentType);

        var answer = await usual.Api.PredictAsync("any", chunked ? Bodies.Chunked(body) : body);

        answer.Problem(413, "body_too_large");
        (await usual.Api.GetAsync("/v1/models")).Ok();
    }

    [Fact]
    public async Task Predict_ImageOfMoreBytesThanAreTaken_IsTooLarge()
    {
        await using var small = new ApiServer
        {
            Settings = new Dictionary<string, string> { ["ModelService:Imaging:MaxBytes"] = "1000000" },
        }.OnSocket();
        await small.Api.CreateAsync(Networks.Tiny("small"));
        byte[] image = [.. Fixtures.Bytes("photos", "coffee.png"), .. new byte[1_000_000]];

        var answer = await small.Api.PredictAsync("small", Bodies.Raw(image, "image/png"));

        answer.Problem(413, "image_too_large");
    }

    private static (HttpMethod Method, string Path) Endpoint(string request) =>
        request.Split(' ', ':')[0] switch
        {
            "analyze" => (HttpMethod.Post, "/v1/architectures/analyze"),
            "create" => (HttpMethod.Post, "/v1/models"),
            "version" => (HttpMethod.Post, "/v1/models/any/versions"),
            "update" => (HttpMethod.Patch, "/v1/models/any"),
            "check" => (HttpMethod.Post, "/v1/models/any/weights/check"),
            "put" => (HttpMethod.Put, "/v1/models/any/versions/1/weights"),
            "predict" => (HttpMethod.Post, "/v1/models/any/predict"),
            _ => (HttpMethod.Post, "/v1/models/any/versions/1/predict"),
        };

    private static HttpContent Body(string request, int bytes) =>
        request switch
        {
            "analyze" => Bodies.Json(Networks.TinyArchitecture.PadRight(bytes)),
            "create" => Bodies.Json(Networks.Tiny("limit").PadRight(bytes)),
            "create: definition" => new MultipartFormDataContent
            {
                { Bodies.Json(Networks.Tiny("limit").PadRight(bytes)), "definition" },
            },
            "create: weights" => new MultipartFormDataContent
            {
                { Bodies.Json(Networks.Tiny("limit")), "definition" },
                { new ByteArrayContent(new byte[bytes]), "weights", "w" },
            },
            "version" or "update" => Bodies.Json("{}".PadRight(bytes)),
            "version: definition" => new MultipartFormDataContent
            {
                { Bodies.Json("{}".PadRight(bytes)), "definition" },
            },
            "version: weights" => new MultipartFormDataContent
            {
                { new ByteArrayContent(new byte[bytes]), "weights", "w" },
            },
            "check" or "put" => Bodies.Raw(new byte[bytes], "application/octet-stream"),
            "predict json" => Bodies.Json("""{"images":["AA=="]}""".PadRight(bytes)),
            "predict image" or "predict-version image" => Bodies.Raw(new byte[bytes], "image/png"),
            "predict file" => Bodies.Files(new byte[bytes]),
            _ => Bodies.Files(new byte[bytes / 2], new byte[(bytes / 2) + 1]),
        };
}
