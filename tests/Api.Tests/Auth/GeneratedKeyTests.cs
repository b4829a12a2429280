using System.Text.RegularExpressions;
using ModelService.Api.Auth;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Auth;

/// <summary>Keys that the program makes: one for a server without any, and those of <c>--new-key</c>.</summary>
public sealed partial class GeneratedKeyTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Start_NoKeyInProduction_PrintsOneOnceAndLogsItNowhere()
    {
        using var server = await ServerProcess.StartAsync(data.Path, "--environment=Production");
        var key = Assert.Single(server.Errors.SelectMany(line => Key().Matches(line))).Value;
        (await server.Api.GetAsync("/v1/models")).Problem(401, "unauthenticated");

        server.Http.DefaultRequestHeaders.Add("X-API-Key", key);

        await server.Api.CreateAsync(Networks.Tiny("locked"));
        (await server.Api.PredictAsync("locked", Networks.InputJson())).Ok();
        (await server.Api.GetAsync("/v1/models")).Ok();
        await server.StopAsync();
        Assert.Single(server.Errors, line => line.Contains(key, StringComparison.Ordinal));
        Assert.DoesNotContain(server.Output, line => line.Contains(key, StringComparison.Ordinal));
        Assert.Contains(server.Output, line => line.Contains("\"Key\":\"generated\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--environment=Development")]
    [InlineData("--environment=Production", "--ModelService:Auth:Required=false")]
    [InlineData(
        "--environment=Production",
        "--ModelService:Auth:Keys:0:Name=one",
        "--ModelService:Auth:Keys:0:Sha256=039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81",
        "--ModelService:Auth:Keys:0:Scopes:0=predict"
    )]
    public async Task Start_KeyThatNoOneNeeds_IsNotMade(params string[] settings)
    {
        using var server = await ServerProcess.StartAsync(data.Path, settings);

        await server.StopAsync();

        Assert.DoesNotContain(server.Errors.Concat(server.Output), line => Key().IsMatch(line));
    }

    [Theory]
    [InlineData("http://0.0.0.0:0", true)]
    [InlineData("http://127.0.0.1:0", false)]
    public async Task Start_InDevelopment_WarnsWhereOthersReachIt(string url, bool warns)
    {
        using var server = await ServerProcess.StartAsync(data.Path, "--environment=Development", $"--urls={url}");

        await server.StopAsync();

        Assert.Equal(
            warns,
            server.Output.Any(line => line.Contains("is in Development and needs no API key", StringComparison.Ordinal))
        );
    }

    [Fact]
    public async Task NewKey_NameAndScopes_PrintsAKeyAndItsEntry()
    {
        var (exitCode, output) = await NewKeyAsync("camera", "predict,metrics");

        Assert.Equal(0, exitCode);
        var key = Assert.Single(Key().Matches(output)).Value;
        Assert.Contains(
            $$"""{"name":"camera","sha256":"{{Keys.Sha256(key)}}","scopes":["predict","metrics"]}""",
            output,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData]
    [InlineData("camera")]
    [InlineData("", "predict")]
    [InlineData("camera", "all")]
    public async Task NewKey_WhatIsNoKey_MakesNone(params string[] arguments)
    {
        var (exitCode, output) = await NewKeyAsync(arguments);

        Assert.Equal((1, ""), (exitCode, output));
    }

    [Fact]
    public void Make_Always_IsAnother()
    {
        var keys = Enumerable.Range(0, 100).Select(_ => NewKey.Create()).ToList();

        Assert.Equal(100, keys.Distinct().Count());
        Assert.All(keys, key => Assert.Equal(key, Key().Match(key).Value));
    }

    // 256 bits: 43 digits of base64.
    [GeneratedRegex("ms_[A-Za-z0-9_-]{43}")]
    private static partial Regex Key();

    private static async Task<(int ExitCode, string Output)> NewKeyAsync(params string[] arguments)
    {
        using var writer = new StringWriter();
        var exitCode = await NewKey.RunAsync(arguments, writer, TextWriter.Null);
        return (exitCode, writer.ToString());
    }
}
