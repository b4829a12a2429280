using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace ModelService.Api.Tests.Auth;

/// <summary>How a key is sent, what is answered to a wrong one, and when none is needed.</summary>
public sealed class ApiKeyTests
{
    [Theory]
    [InlineData("X-API-Key", "predict")]
    [InlineData("x-api-key", "predict")]
    [InlineData("Authorization", "Bearer predict")]
    [InlineData("Authorization", "bearer predict")]
    public async Task Send_RightKeyInEitherHeader_IsLetThrough(string header, string value)
    {
        await using var server = Server();

        (await server.Connect((header, value)).GetAsync("/v1/models")).Ok();
    }

    [Theory]
    [InlineData("X-API-Key", "wrong")]
    [InlineData("X-API-Key", "Predict")]
    [InlineData("X-API-Key", "predict2")]
    [InlineData("X-API-Key", "predict, manage")]
    [InlineData("Authorization", "Bearer wrong")]
    public async Task Send_WrongKey_IsUnauthenticated(string header, string value)
    {
        await using var server = Server();

        var answer = await server.Connect((header, value)).GetAsync("/v1/models");

        answer.Problem(401, "unauthenticated");
        Assert.Equal("Bearer error=\"invalid_token\"", answer.Header("WWW-Authenticate"));
    }

    [Theory]
    [InlineData("Authorization", "Basic cHJlZGljdDpwcmVkaWN0")]
    [InlineData("Authorization", "predict")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Cookie", "X-API-Key=predict")]
    public async Task Send_KeyElsewhere_IsNoKey(string header, string value)
    {
        await using var server = Server();

        var answer = await server.Connect((header, value)).GetAsync("/v1/models?X-API-Key=predict&api_key=predict");

        answer.Problem(401, "unauthenticated");
        Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Send_HashOfAKey_IsNoKey()
    {
        await using var server = Server();

        (await server.With(Keys.Sha256("predict")).GetAsync("/v1/models")).Problem(401, "unauthenticated");
    }

    [Fact]
    public async Task Send_WrongKeysWithoutEnd_WaitWhileRightOnesPass()
    {
        await using var server = Server(("ModelService:Auth:MaxFailures", "3"));
        var wrong = server.With("wrong");

        for (var i = 0; i < 3; i++)
            (await wrong.GetAsync("/v1/models")).Problem(401, "unauthenticated");
        var fourth = await wrong.GetAsync("/v1/models");

        fourth.Problem(429, "rate_limited");
        Assert.InRange(int.Parse(fourth.RetryAfter!, CultureInfo.InvariantCulture), 1, 60);
        (await server.With("predict").GetAsync("/v1/models")).Ok();
        (await server.Api.GetAsync("/v1/models")).Problem(401, "unauthenticated");
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task Send_WrongKeys_CountForTheClientsNetwork(string first, string second, bool isTheSame)
    {
        var client = new RemoteAddress();
        await using var server = new ApiServer
        {
            Settings = new(Keys.Settings) { ["ModelService:Auth:MaxFailures"] = "1" },
            Configure = services => services.AddSingleton<IStartupFilter>(client),
        };
        var wrong = server.With("wrong");

        client.Address = IPAddress.Parse(first);
        (await wrong.GetAsync("/v1/models")).Problem(401, "unauthenticated");
        client.Address = IPAddress.Parse(second);
        var answer = await wrong.GetAsync("/v1/models");

        if (isTheSame)
            answer.Problem(429, "rate_limited");
        else
            answer.Problem(401, "unauthenticated");
    }

    [Theory]
    [InlineData("true", 401)]
    [InlineData("false", 429)]
    public async Task Send_WrongKeysThroughAProxy_CountForTheClientIfTheProxyIsBelieved(string isBelieved, int status)
    {
        await using var server = Server(
            ("ModelService:Auth:MaxFailures", "1"),
            ("ForwardedHeaders_Enabled", isBelieved)
        );

        (await server.Connect(("X-API-Key", "wrong"), ("X-Forwarded-For", "192.0.2.1")).GetAsync("/v1/models")).Problem(
            401,
            "unauthenticated"
        );

        Assert.Equal(
            status,
            (
                await server.Connect(("X-API-Key", "wrong"), ("X-Forwarded-For", "192.0.2.2")).GetAsync("/v1/models")
            ).Status
        );
    }

    [Fact]
    public async Task Log_Keys_NamesTheRightOneAndShowsNone()
    {
        var log = new LogSink();
        await using var server = new ApiServer
        {
            Settings = new(Keys.Settings)
            {
                ["Serilog:MinimumLevel:Default"] = "Information",
                ["ModelService:Auth:MaxFailures"] = "2",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        };

        (await server.With("manage").GetAsync("/v1/models")).Ok();
        for (var i = 0; i < 4; i++)
            await server.With("a-guess").GetAsync("/v1/models");
        var first = await log.NextRequestAsync();
        for (var i = 0; i < 4; i++)
            await log.NextRequestAsync();

        Assert.Equal("manage key", Assert.IsType<ScalarValue>(first.Properties["Key"]).Value);
        Assert.Equal(
            2,
            log.Events.Count(line =>
                line.Level == LogEventLevel.Warning
                && line.MessageTemplate.Text.StartsWith("A wrong key", StringComparison.Ordinal)
            )
        );
        Assert.DoesNotContain("a-guess", string.Join('\n', log.Events.Select(Text)), StringComparison.Ordinal);

        // A line for each request, and one for each wrong key until they are too many.
        Assert.Equal(5 + 2, log.Events.Count(line => line.Properties.ContainsKey("RequestPath")));
    }

    [Theory]
    [InlineData("Development", null, true)]
    [InlineData("Development", "true", false)]
    [InlineData("Production", null, false)]
    [InlineData("Production", "false", true)]
    [InlineData("Staging", null, false)]
    public async Task Send_NoKey_IsLetThroughWhereNoneIsNeeded(string environment, string? required, bool isOpen)
    {
        var settings = new Dictionary<string, string> { ["environment"] = environment };
        if (required is not null)
            settings["ModelService:Auth:Required"] = required;
        await using var server = new ApiServer { Settings = settings };

        var answer = await server.Api.GetAsync("/v1/models");

        if (isOpen)
            answer.Ok();
        else
            answer.Problem(401, "unauthenticated");
    }

    [Fact]
    public async Task Send_WrongKeyWhereNoneIsNeeded_IsNotLookedAt()
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Auth:MaxFailures"] = "1" } };

        for (var i = 0; i < 3; i++)
            (await server.With("wrong").GetAsync("/v1/models")).Ok();
    }

    [Theory]
    [InlineData("Name", "", "has no name")]
    [InlineData("Name", "manage key", "2 keys have the name 'manage key'")]
    [InlineData("Sha256", "predict", "64 hexadecimal digits")]
    [InlineData("Scopes:0", "write", "'write' is not a scope. The scopes are predict, manage, train, metrics, admin.")]
    public async Task Start_KeyThatIsWrittenWrong_IsRefusedAndSaysWhy(string property, string value, string reason)
    {
        await using var server = Server(($"ModelService:Auth:Keys:0:{property}", value));

        var exception = Assert.Throws<OptionsValidationException>(() => server.Api);

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_KeyInTheHashsPlace_IsNotRepeated()
    {
        await using var server = Server(("ModelService:Auth:Keys:0:Sha256", "ms_a-secret"));

        Assert.DoesNotContain(
            "ms_a-secret",
            Assert.Throws<OptionsValidationException>(() => server.Api).Message,
            StringComparison.Ordinal
        );
    }

    private static ApiServer Server(params (string Key, string Value)[] more)
    {
        var settings = Keys.Settings;
        foreach (var (key, value) in more)
            settings[key] = value;
        return new ApiServer { Settings = settings };
    }

    private static string Text(LogEvent line)
    {
        using var writer = new StringWriter();
        new JsonFormatter(renderMessage: true).Format(line, writer);
        return writer.ToString();
    }
}
