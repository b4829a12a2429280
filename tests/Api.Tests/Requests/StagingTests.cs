using System.Runtime.Versioning;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Requests;
using ModelService.Api.Tests.Support;
using ModelService.Models.Registry;
using ModelService.Models.Weights;

namespace ModelService.Api.Tests.Requests;

/// <summary>Uploads on disk are gone when the request is over, however it ends.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class StagingTests : IAsyncDisposable
{
    private const UnixFileMode OpenToOthers =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;

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
    public async Task Create_FolderThatWasDeleted_IsThereAgainForTheServerAlone()
    {
        await server.Api.GetAsync("/v1/models");
        folder.Dispose();
        using var form = Bodies.Model(Networks.Lesson("staged"), Lesson);

        await server.Api.CreateAsync(form);

        Assert.Empty(folder.Files);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(folder.Path)
        );
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("open")]
    public async Task Create_FolderThatSomeoneElseMadeMeanwhile_IsRefusedUntilItIsGone(string kind)
    {
        await server.Api.GetAsync("/v1/models");
        folder.Dispose();
        using var elsewhere = new TemporaryFolder();
        if (kind == "file")
            await File.WriteAllTextAsync(folder.Path, "", TestContext.Current.CancellationToken);
        else if (kind == "link")
            Directory.CreateSymbolicLink(folder.Path, elsewhere.Path);
        else
            File.SetUnixFileMode(Directory.CreateDirectory(folder.Path).FullName, OpenToOthers);
        using (var form = Bodies.Model(Networks.Lesson("staged"), Lesson))
            (await server.Api.PostAsync("/v1/models", form)).Problem(503, "storage_unavailable");

        if (kind == "open")
            Directory.Delete(folder.Path);
        else
            File.Delete(folder.Path);

        using var again = Bodies.Model(Networks.Lesson("staged"), Lesson);
        await server.Api.CreateAsync(again);
    }

    [Fact]
    public async Task PutWeights_PathThatIsExchangedAfterTheUpload_TakesWhatWasUploaded()
    {
        await server.Api.CreateAsync(Networks.Lesson("staged"));
        await using var lesson = File.OpenRead(Lesson);
        using var staged = await StagedFile.WriteAsync(
            lesson,
            server.Services.GetRequiredService<Models.Storage.StagingFolder>(),
            maxBytes: 1 << 20,
            TestContext.Current.CancellationToken
        );
        var path = Assert.Single(folder.Files);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.Delete(path);
        await File.WriteAllTextAsync(path, "other weights", TestContext.Current.CancellationToken);

        var outcome = await server
            .Services.GetRequiredService<ModelCatalog>()
            .PutWeightsAsync("staged", 1, staged.Upload, WeightsTerms.Default, TestContext.Current.CancellationToken);

        Assert.Null(outcome.Failure);
        Assert.Equal(
            "loaded",
            (await server.Api.GetAsync("/v1/models/staged")).Ok().GetProperty("weights").GetString()
        );
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
