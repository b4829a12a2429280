using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Api.Auth;
using ModelService.Api.Tests.Support;
using Serilog.Core;
using Serilog.Events;

namespace ModelService.Api.Tests.Auth;

/// <summary>Keys in a file, which follow it.</summary>
public sealed class ApiKeyFileTests : IDisposable
{
    // Less than the five seconds of docs/configuration.md.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider clock = new();

    private string File => Path.Combine(folder.Path, "keys.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Send_KeysOfTheFile_FollowItWhileTheServerRuns()
    {
        var log = new LogSink();
        Write(Entry("first"));
        await using var server = Server(log);
        var (first, second) = (server.With("first"), server.With("second"));
        (await first.GetAsync("/v1/models")).Ok();
        (await second.GetAsync("/v1/models")).Problem(401, "unauthenticated");

        Write(Entry("second"));

        await Eventually.GetAsync(() => second.GetAsync("/v1/models"), answer => answer.Status == 200);
        (await first.GetAsync("/v1/models")).Problem(401, "unauthenticated");

        // Damaged, and then gone: who was let in still is, and the log says why.
        WriteText("{");
        await RefusalsAsync(log, 1);
        (await second.GetAsync("/v1/models")).Ok();
        System.IO.File.Delete(File);
        await RefusalsAsync(log, 2);
        (await second.GetAsync("/v1/models")).Ok();
    }

    [Fact]
    public void Keys_FileReplacedByOneOfTheSameLengthAndTime_AreTaken()
    {
        Write(Entry("first"));
        var before = new FileInfo(File);
        using var keys = Watch();

        Write(Entry("other"));
        System.IO.File.SetLastWriteTimeUtc(File, before.LastWriteTimeUtc);

        var after = new FileInfo(File);
        Assert.Equal((before.Length, before.LastWriteTimeUtc), (after.Length, after.LastWriteTimeUtc));
        Assert.Equal("first", Assert.Single(keys.Keys).Name);
        clock.Advance(Interval);
        Assert.Equal("other", Assert.Single(keys.Keys).Name);
    }

    [Fact]
    public void Keys_LinkOfAMountedSecretIsSwitched_AreTaken()
    {
        // As Kubernetes mounts a secret: keys.json -> ..data/keys.json, ..data -> a folder; an update turns ..data.
        foreach (var version in new[] { "1", "2" })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, version));
            var file = Path.Combine(folder.Path, version, "keys.json");
            System.IO.File.WriteAllText(file, $"[{Entry("key" + version)}]");
            System.IO.File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        var link = Path.Combine(folder.Path, "..data");
        Directory.CreateSymbolicLink(link, "1");
        System.IO.File.CreateSymbolicLink(File, Path.Combine("..data", "keys.json"));
        using var keys = Watch();
        Assert.Equal("key1", Assert.Single(keys.Keys).Name);

        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, "2");
        clock.Advance(Interval);

        Assert.Equal("key2", Assert.Single(keys.Keys).Name);
    }

    [Fact]
    public void Keys_FileIsDamagedAndThenGone_StayUntilItIsWhole()
    {
        Write(Entry("first"));
        using var keys = Watch();

        WriteText("{");
        clock.Advance(Interval);
        Assert.Equal("first", Assert.Single(keys.Keys).Name);
        System.IO.File.Delete(File);
        clock.Advance(Interval);
        Assert.Equal("first", Assert.Single(keys.Keys).Name);
        Write(Entry("first"), Entry("second"));
        clock.Advance(Interval);

        Assert.Equal(["first", "second"], keys.Keys.Select(key => key.Name));
    }

    [Theory]
    [InlineData(null, "Could not find file")]
    [InlineData("", "JSON")]
    [InlineData("{}", "JSON")]
    [InlineData("""[{"name":"a","sha256":"00","scopes":["predict"]}]""", "64 hexadecimal digits")]
    [InlineData("""[{"name":"a","sha256":"HASH\n","scopes":["predict"]}]""", "64 hexadecimal digits")]
    [InlineData("""[{"name":"a","scopes":["predict"]}]""", "sha256")]
    [InlineData("""[{"name":"a","sha256":"00","scopes":["predict"],"scope":1}]""", "'scope'")]
    [InlineData("""[{"name":"a","sha256":null,"scopes":null}]""", "sha256")]
    public async Task Start_FileThatIsWrittenWrong_IsRefusedAndSaysWhy(string? text, string reason)
    {
        if (text is not null)
            WriteText(text.Replace("HASH", Keys.Sha256("a"), StringComparison.Ordinal));
        await using var server = Server(new LogSink());

        var exception = Assert.Throws<OptionsValidationException>(() => server.Api);

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains(File, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_KeysInFileAndConfiguration_AreBothKnown()
    {
        Write(Entry("first"));
        await using var server = Server(new LogSink(), Keys.Settings);

        (await server.With("first").GetAsync("/v1/models")).Ok();
        (await server.With("predict").GetAsync("/v1/models")).Ok();
    }

    [Fact]
    public async Task Start_ExampleOfTheConfigurationPage_IsRead()
    {
        var page = await System.IO.File.ReadAllTextAsync(
            Repository.Path("docs", "configuration.md"),
            TestContext.Current.CancellationToken
        );
        WriteText(Regex.Match(page, @"```json\r?\n(\[.*?\])\r?\n```", RegexOptions.Singleline).Groups[1].Value);
        await using var server = Server(new LogSink());

        (await server.Api.GetAsync("/v1/models")).Problem(401, "unauthenticated");
    }

    private static string Entry(string key) =>
        $$"""{ "name": "{{key}}", "sha256": "{{Keys.Sha256(key).ToUpperInvariant()}}", "scopes": ["predict"] }""";

    private static Task RefusalsAsync(LogSink log, int count) =>
        Eventually.GetAsync(
            () =>
                log.Events.Count(line =>
                    line.Level == LogEventLevel.Error
                    && line.MessageTemplate.Text.StartsWith("The keys stay", StringComparison.Ordinal)
                ),
            refusals => refusals >= count
        );

    private ApiKeyFile Watch() => new(File, clock, NullLogger.Instance);

    private ApiServer Server(LogSink log, Dictionary<string, string>? settings = null) =>
        new()
        {
            Settings = new(settings ?? [])
            {
                ["ModelService:Auth:Required"] = "true",
                ["ModelService:Auth:KeysFile"] = File,
                ["ModelService:Auth:MaxFailures"] = "1000000",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        };

    private void Write(params string[] entries) => WriteText($"[{string.Join(',', entries)}]");

    // Put in its place whole, as a careful operator does.
    private void WriteText(string text)
    {
        System.IO.File.WriteAllText(File + ".new", text);
        System.IO.File.Move(File + ".new", File, overwrite: true);
    }
}
