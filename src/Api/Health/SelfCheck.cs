namespace ModelService.Api.Health;

/// <summary>Asks the server on this machine whether it is alive; for a container's HEALTHCHECK.</summary>
internal static class SelfCheck
{
    /// <summary>Asks once.</summary>
    /// <param name="address">The server's address; the first of <c>ASPNETCORE_URLS</c> or port 8080 when null.</param>
    /// <returns>The process's exit code: 0 when the server answers that it lives, else 1.</returns>
    public static async Task<int> RunAsync(string? address)
    {
        var port = Environment.GetEnvironmentVariable("ASPNETCORE_HTTP_PORTS")?.Split(';')[0] ?? "8080";
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(4) };
        try
        {
            using var answer = await client.GetAsync(new Uri(new Uri(address ?? $"http://localhost:{port}"), "/health/live"));
            if (answer.IsSuccessStatusCode) return 0;
            await Console.Error.WriteLineAsync($"The server answers {(int)answer.StatusCode}.");
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
        }

        return 1;
    }
}
