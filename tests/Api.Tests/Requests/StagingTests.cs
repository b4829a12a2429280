using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Requests;

/// <summary>Uploads on disk are gone when the request is over, however it ends.</summary>
public sealed class StagingTests : IAsyncDisposable
{
    private static readonly string Lesson = Fixtures.Path("weights", "lesson", "lesson.pth");

    private readonly StagingFolder folder = new();
    private readonly ApiServer server;

    public StagingTests() => server = new ApiServer { Settings = new([folder.Setting]) };

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task Create_WeightsThatAreTaken_LeavesNoFile()
    {
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        await server.Api.CreateAsync(form);

        await folder.Used;
        Assert.Empty(folder.Files);
        await server.Api.RemoveAsync("staged");
    }

    [Fact]
    public async Task Create_WeightsThatDoNotFit_LeavesNoFile()
    {
        using var form = Bodies.Model(Networks.Tiny("staged"), Lesson);

        (await server.Api.PostAsync("/v1/models", form)).Problem(422, "weights_mismatch");

        await folder.Used;
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task Create_WeightsWithNoDiskToWaitOn_SaysSo()
    {
        await server.Api.GetAsync("/v1/models");
        folder.Dispose();
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        (await server.Api.PostAsync("/v1/models", form)).Problem(503, "storage_unavailable");
    }

    [Theory]
    [InlineData("{", 400, "malformed_request")]
    [InlineData("{}", 422, "definition_invalid")]
    public async Task Create_BadDefinitionAfterTheWeights_LeavesNoFile(string definition, int status, string code)
    {
        using var form = new MultipartFormDataContent
        {
            { new StreamContent(File.OpenRead(Lesson)), "weights", "lesson.pth" },
            { Bodies.Json(definition), "definition" },
        };

        (await server.Api.PostAsync("/v1/models", form)).Problem(status, code);

        await folder.Used;
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task Create_WeightsLargerThanTheLimit_LeavesNoFile()
    {
        await using var limited = new ApiServer
        {
            Settings = new([folder.Setting]) { ["ModelService:Limits:MaxWeightsBytes"] = "65536" },
        };
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        (await limited.Api.PostAsync("/v1/models", form)).Problem(413, "body_too_large");

        await folder.Used;
        Assert.Empty(folder.Files);
    }
}
