using System.Text.RegularExpressions;

namespace ModelService.Api.Health;

/// <summary>Asks the server on this machine whether it is alive; for a container's HEALTHCHECK.</summary>
internal static class SelfCheck
{
    /// <summary>Asks once.</summary>
    /// <param name="address">The server's address; null: where the environment says that it listens, else port 8080.</param>
    /// <returns>The process's exit code: 0 when the server answers that it lives, else 1.</returns>
    public static async Task<int> RunAsync(string? address)
    {
        // A proxy from the environment is for the world outside, not for this machine.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false })
        {
            Timeout = TimeSpan.FromSeconds(4),
        };
        try
        {
            using var answer = await client.GetAsync(new Uri(new Uri(address ?? OwnAddress()), "/health/live"));
            if (answer.IsSuccessStatusCode)
                return 0;
            await Console.Error.WriteLineAsync($"The server answers {(int)answer.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }

        return 1;
    }

    // As ASP.NET reads them: ASPNETCORE_URLS before ASPNETCORE_HTTP_PORTS; a server on every address is also on localhost.
    private static string OwnAddress()
    {
        var url = Environment
            .GetEnvironmentVariable("ASPNETCORE_URLS")
            ?.Split(';')
            .FirstOrDefault(item => item.StartsWith("http:", StringComparison.OrdinalIgnoreCase));
        if (url is not null)
            return Regex.Replace(url, @"//(\+|\*|0\.0\.0\.0|\[::\])", "//localhost");
        return $"http://localhost:{Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")?.Split(';')[0] ?? "8080"}";
    }
}
