using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Errors;

/// <summary>Paths and methods that there are not.</summary>
public sealed partial class RoutingTests(ApiServer server)
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/nothing")]
    [InlineData("/v1/models/a/b")]
    [InlineData("/v9/health")]
    public async Task Get_UnknownPath_IsNotFound(string path)
    {
        var answer = await server.Api.GetAsync(path);

        answer.Problem(404, "not_found");
    }

    [Theory]
    [InlineData("PUT", "/v1/models", "GET,POST")]
    [InlineData("POST", "/v1/layers", "GET")]
    [InlineData("DELETE", "/v1/architectures/resnet18", "GET")]
    [InlineData("PUT", "/v1/models/some", "DELETE,GET,PATCH")]
    [InlineData("GET", "/v1/models/some/predict", "POST")]
    public async Task Send_WrongMethod_IsNotAllowedAndSaysWhichIs(string method, string path, string allowed)
    {
        var answer = await server.Api.SendAsync(new HttpMethod(method), path);

        answer.Problem(405, "method_not_allowed");
        Assert.Equal(allowed.Split(','), answer.Allow.Order());
    }

    [Fact]
    public async Task Get_Root_TellsAPersonWhatThisIsAndEachLinkWorks()
    {
        var page = await server.Api.GetAsync("/");

        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        var links = LinkAddress().Matches(page.Text).Select(link => link.Groups[1].Value).ToList();
        Assert.Contains("swagger", links);
        foreach (var link in links)
            Assert.Equal((200, link), ((await server.Api.GetAsync("/" + link)).Status, link));
    }

    [Fact]
    public async Task Get_Health_IsAlive()
    {
        var live = await server.Api.GetAsync("/health/live");
        var ready = await server.Api.GetAsync("/health/ready");

        Assert.Equal((200, 200), (live.Status, ready.Status));
    }

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex LinkAddress();
}
