using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Protection;

/// <summary>How often a client may ask.</summary>
public sealed class RequestRateTests
{
    [Fact]
    public async Task Send_MoreThanAMinuteTakes_IsRefusedForThatKeyAlone()
    {
        await using var server = new ApiServer
        {
            Settings = new(Keys.Settings) { ["ModelService:Limits:RequestsPerMinute"] = "3" },
        };
        var (busy, other) = (server.With("predict"), server.With("manage"));

        for (var i = 0; i < 3; i++)
            (await busy.GetAsync("/v1/models")).Ok();
        var fourth = await busy.GetAsync("/v1/models");

        fourth.Problem(429, "rate_limited");
        Assert.InRange(int.Parse(fourth.RetryAfter!, CultureInfo.InvariantCulture), 1, 60);
        (await other.GetAsync("/v1/models")).Ok();
        (await server.Api.GetAsync("/v1/models")).Problem(401, "unauthenticated");
        Assert.Equal(200, (await busy.GetAsync("/health/live")).Status);
    }

    [Fact]
    public async Task Send_WhereNoKeyIsNeeded_IsCountedForTheAddress()
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Limits:RequestsPerMinute"] = "2" } };
        for (var i = 0; i < 10; i++)
            Assert.Equal(200, (await server.Api.GetAsync("/health/live")).Status);

        for (var i = 0; i < 2; i++)
            (await server.Api.GetAsync("/v1/models")).Ok();

        (await server.Api.GetAsync("/v1/models")).Problem(429, "rate_limited");
        Assert.Equal(200, (await server.Api.GetAsync("/health/live")).Status);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task Send_WhereNoKeyIsNeeded_IsCountedForTheClientsNetwork(string first, string second, bool isTheSame)
    {
        var client = new RemoteAddress { Address = IPAddress.Parse(first) };
        await using var server = new ApiServer
        {
            Settings = new() { ["ModelService:Limits:RequestsPerMinute"] = "1" },
            Configure = services => services.AddSingleton<IStartupFilter>(client),
        };

        (await server.Api.GetAsync("/v1/models")).Ok();
        client.Address = IPAddress.Parse(second);

        Assert.Equal(isTheSame ? 429 : 200, (await server.Api.GetAsync("/v1/models")).Status);
    }
}
