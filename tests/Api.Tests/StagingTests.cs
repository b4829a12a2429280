using ModelService.Api.Tests.Support;
using ModelService.TestSupport;

namespace ModelService.Api.Tests;

/// <summary>Uploads on disk are gone when the request is over, however it ends.</summary>
[Collection(nameof(Alone))]
public sealed class StagingTests(ApiServer server)
{
    private static readonly string Lesson = Fixtures.Path("weights", "lesson", "lesson.pth");

    [Fact]
    public async Task Create_WeightsThatAreTaken_LeavesNoFile()
    {
        using var folder = new StagingFolder();
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        await server.Api.CreateAsync(form);

        await folder.Used;
        Assert.Empty(folder.Files);
        await server.Api.RemoveAsync("staged");
    }

    [Fact]
    public async Task Create_WeightsThatDoNotFit_LeavesNoFile()
    {
        using var folder = new StagingFolder();
        using var form = Bodies.Model(Networks.Tiny("staged"), Lesson);

        (await server.Api.PostAsync("/v1/models", form)).Problem(422, "weights_mismatch");

        await folder.Used;
        Assert.Empty(folder.Files);
    }

    [Theory]
    [InlineData("{", 400, "malformed_request")]
    [InlineData("{}", 422, "definition_invalid")]
    public async Task Create_BadDefinitionAfterTheWeights_LeavesNoFile(string definition, int status, string code)
    {
        using var folder = new StagingFolder();
        using var form = new MultipartFormDataContent { { new StreamContent(File.OpenRead(Lesson)), "weights", "lesson.pth" }, { Bodies.Json(definition), "definition" } };

        (await server.Api.PostAsync("/v1/models", form)).Problem(status, code);

        await folder.Used;
        Assert.Empty(folder.Files);
    }

    [Fact]
    public async Task Create_WeightsLargerThanTheLimit_LeavesNoFile()
    {
        using var folder = new StagingFolder();
        await using var limited = new ApiServer { Settings = new() { ["ModelService:Limits:MaxWeightsBytes"] = "65536" } };
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        (await limited.Api.PostAsync("/v1/models", form)).Problem(413, "body_too_large");

        await folder.Used;
        Assert.Empty(folder.Files);
    }
}
