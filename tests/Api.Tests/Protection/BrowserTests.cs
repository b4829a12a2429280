using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Protection;

/// <summary>What browsers are told of the answers, and whose pages may have them.</summary>
public sealed class BrowserTests
{
    private const string Shop = "https://shop.example";

    [Theory]
    [InlineData("/swagger/index.html", 200)]
    [InlineData("/swagger/v1/swagger.json", 200)]
    [InlineData("/v1/layers", 200)]
    [InlineData("/v1/models/none", 404)]
    [InlineData("/v1/nothing", 404)]
    [InlineData("/health/live", 200)]
    public async Task Get_Anything_HasTheHeadersThatKeepPagesApart(string path, int status)
    {
        await using var server = new ApiServer().OnSocket();

        var answer = await server.Api.GetAsync(path);

        Assert.Equal(status, answer.Status);
        Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
        Assert.Equal("DENY", answer.Header("X-Frame-Options"));
        Assert.Equal("no-referrer", answer.Header("Referrer-Policy"));
        var policy = answer.Header("Content-Security-Policy")!.Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains("script-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Null(answer.Header("Server"));
        Assert.Null(answer.Header("X-Powered-By"));
        Assert.Null(answer.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Get_SwaggerPage_HasNoScriptThatItsPolicyForbids()
    {
        await using var server = new ApiServer();

        var page = (await server.Api.GetAsync("/swagger/index.html")).Text;

        Assert.Contains("<script src=", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("<script(?![^>]* src=\"[^/:]*(?:/[^/][^\":]*)?\")", page);
        Assert.DoesNotMatch(" on[a-z]+=", page);
    }

    [Theory]
    [InlineData(null, Shop, null)]
    [InlineData(Shop, Shop, Shop)]
    [InlineData(Shop, "https://other.example", null)]
    [InlineData(Shop, "http://shop.example", null)]
    [InlineData("*", "https://other.example", "*")]
    public async Task Send_FromAPageOfAnotherServer_IsAllowedWhereConfigured(
        string? configured,
        string origin,
        string? allowed
    )
    {
        var settings = Keys.Settings;
        if (configured is not null)
            settings["ModelService:Cors:Origins:0"] = configured;
        await using var server = new ApiServer { Settings = settings };

        // A browser asks first, without the key; then it asks with it.
        var asked = await server
            .Connect(
                ("Origin", origin),
                ("Access-Control-Request-Method", "DELETE"),
                ("Access-Control-Request-Headers", "x-api-key")
            )
            .SendAsync(HttpMethod.Options, "/v1/models/any");
        var answer = await server.Connect(("Origin", origin), ("X-API-Key", "manage")).GetAsync("/v1/models");
        var refusal = await server.Connect(("Origin", origin)).GetAsync("/v1/models");

        Assert.Equal(allowed, asked.Header("Access-Control-Allow-Origin"));
        Assert.Equal(allowed, answer.Header("Access-Control-Allow-Origin"));
        Assert.Equal(allowed, refusal.Header("Access-Control-Allow-Origin"));
        Assert.Equal(allowed is null ? null : "x-api-key", asked.Header("Access-Control-Allow-Headers"));
        answer.Ok();
    }

    [Theory]
    [InlineData("shop.example")]
    [InlineData("https://shop.example/")]
    [InlineData("https://shop.example/page")]
    [InlineData("ftp://shop.example")]
    [InlineData("https://*.example")]
    [InlineData("null")]
    public async Task Start_OriginThatIsNone_IsRefused(string origin)
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Cors:Origins:0"] = origin } };

        Assert.Contains(
            origin,
            Assert.Throws<OptionsValidationException>(() => server.Api).Message,
            StringComparison.Ordinal
        );
    }
}
