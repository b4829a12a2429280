using System.Text.RegularExpressions;

namespace ModelService.Api.Health;

/// <summary>Checks that the server on this machine is alive, for the HEALTHCHECK of a container.</summary>
internal static class SelfCheck
{
    /// <summary>Sends one request to <c>/health/live</c>.</summary>
    /// <param name="address">
    /// The server's address; null for the one in the environment variables, or else port 8080.
    /// </param>
    /// <returns>The process's exit code: 0 when the server is alive, otherwise 1.</returns>
    public static async Task<int> RunAsync(string? address)
    {
        // A proxy in the environment variables is meant for other machines.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            Timeout = TimeSpan.FromSeconds(4),
        };
        try
        {
            using var response = await client.GetAsync(new Uri(new Uri(address ?? FindAddress()), "/health/live"));
            if (response.IsSuccessStatusCode)
                return 0;
            await Console.Error.WriteLineAsync($"The server answered with status {(int)response.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }

        return 1;
    }

    // Like ASP.NET, prefers ASPNETCORE_URLS to ASPNETCORE_HTTP_PORTS. A server that listens on all addresses is reached
    // at localhost.
    private static string FindAddress()
    {
        var url = Environment
            .GetEnvironmentVariable("ASPNETCORE_URLS")
            ?.Split(';')
            .FirstOrDefault(item => item.StartsWith("http:", StringComparison.OrdinalIgnoreCase));
        if (url is not null)
            return Regex.Replace(url, @"//(\+|\*|0\.0\.0\.0|\[::\])", "//localhost");
        var port = Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")?.Split(';')[0];
        return $"http://localhost:{port ?? "8080"}";
    }
}
