using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Protection;

/// <summary>Names that are paths, sent over a real socket with every byte as it stands here.</summary>
public sealed class PathNameTests
{
    public static TheoryData<string> Names =>
        [
            "..%2Fetc",
            "%2e%2e",
            "%2E%2E%2f%2E%2E%2fetc%2fpasswd",
            "a%2Fb",
            "..%5Cetc",
            "%00",
            "a%0D%0Ab",
            "%C3%A9",
            "%FF",
            "%25",
            "%",
            "Some",
            new string('a', 4000),
        ];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Send_NameThatIsAPath_FindsNoModel(string name)
    {
        await using var server = new ApiServer().OnSocket();
        var path = new Uri(
            server.Api.BaseAddress + "v1/models/" + name,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        var predict = new Uri(
            path + "/predict",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );

        Answer[] answers =
        [
            await server.Api.SendAsync(HttpMethod.Get, path),
            await server.Api.SendAsync(HttpMethod.Delete, path),
            await server.Api.SendAsync(HttpMethod.Post, predict, Bodies.Json(Networks.InputJson())),
        ];

        // Kestrel itself refuses what is no path, with 400 and no body.
        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 400, 404, 405 }));
        Assert.All(
            answers.Where(answer => answer.Status == 404),
            answer => Assert.Equal("application/problem+json", answer.MediaType)
        );
        Assert.Empty((await server.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray());
    }
}
