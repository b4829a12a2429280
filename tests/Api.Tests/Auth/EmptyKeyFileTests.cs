using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using ModelService.Api.Tests.Support;
using Serilog.Core;
using Serilog.Events;

namespace ModelService.Api.Tests.Auth;

/// <summary>A keys file without keys: the log warns, since the server then refuses nearly all requests.</summary>
public sealed class EmptyKeyFileTests : IDisposable
{
    private const string NoKey = "There is no API key",
        OtherKeys = "has no API key. The server accepts only the 5 keys";

    private readonly TemporaryFolder folder = new();
    private readonly FakeTimeProvider clock = new();
    private readonly LogSink log = new();

    private string KeysFile => Path.Combine(folder.Path, "keys.json");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("[]")]
    [InlineData(" [ ]\n")]
    [InlineData("null")]
    public async Task Start_FileWithoutKeys_Warns(string text)
    {
        await using var server = Server(text);

        (await server.Api.GetAsync("/v1/models")).Problem(401, "unauthenticated");

        Assert.Contains(KeysFile, Assert.Single(Warnings()), StringComparison.Ordinal);
        Assert.StartsWith(NoKey, Assert.Single(Warnings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_FileWithoutKeysBesideOthers_SaysThatTheyAreAll()
    {
        await using var server = Server("[]", Keys.Settings);

        (await server.With("predict").GetAsync("/v1/models")).Ok();

        Assert.Contains(OtherKeys, Assert.Single(Warnings()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_ToAFileWithoutKeys_WarnsOnceEachTime()
    {
        var key = $$"""[{ "name": "key", "sha256": "{{Keys.Sha256("key")}}", "scopes": ["predict"] }]""";
        await using var server = Server(key);
        (await server.With("key").GetAsync("/v1/models")).Ok();
        Assert.Empty(Warnings());

        Change("[]");
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Single(Warnings());
        (await server.With("key").GetAsync("/v1/models")).Problem(401, "unauthenticated");

        Change(key);
        Assert.Single(Warnings());
        Change("[]");
        Assert.Equal(2, Warnings().Count);
    }

    [Fact]
    public async Task Start_FileWithoutKeysWhereNoneIsRequired_DoesNotWarnOfIt()
    {
        await using var server = Server("[]", new() { ["ModelService:Auth:Required"] = "false" });

        (await server.Api.GetAsync("/v1/models")).Ok();

        Assert.Empty(Warnings());
    }

    private List<string> Warnings() =>
        [
            .. log
                .Events.Where(line => line.Level == LogEventLevel.Warning)
                .Select(line => line.RenderMessage(System.Globalization.CultureInfo.InvariantCulture))
                .Where(text =>
                    text.Contains("API key", StringComparison.Ordinal)
                    && text.Contains("has no", StringComparison.Ordinal)
                ),
        ];

    private void Change(string text)
    {
        File.WriteAllText(KeysFile, text);
        clock.Advance(TimeSpan.FromSeconds(2));
    }

    private ApiServer Server(string text, Dictionary<string, string>? settings = null)
    {
        File.WriteAllText(KeysFile, text);
        return new()
        {
            Settings = new(
                new Dictionary<string, string> { ["ModelService:Auth:Required"] = "true" }
                    .Concat(settings ?? [])
                    .GroupBy(setting => setting.Key)
                    .ToDictionary(same => same.Key, same => same.Last().Value)
            )
            {
                ["ModelService:Auth:KeysFile"] = KeysFile,
                ["Serilog:MinimumLevel:Default"] = "Warning",
            },
            Configure = services =>
            {
                services.AddSingleton<ILogEventSink>(log);
                services.AddSingleton<TimeProvider>(clock);
            },
        };
    }
}
