using System.Globalization;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Telemetry;

/// <summary>Whether the server is ready, and the room on its disk.</summary>
public sealed class ServerMetricsTests : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Ready_WhileVersionsAreLoaded_IsZero()
    {
        await using (var first = Server())
            await first.Api.CreateAsync(Networks.Tiny("kept"));
        var held = new HeldStore();
        await using var server = Server(held);
        _ = server.Api; // starts it
        await held.Asked;

        Assert.Equal(0, await ValueAsync(server, "modelservice_ready"));
        held.GoOn();
        await Eventually.GetAsync(() => server.Api.GetAsync("/health/ready"), answer => answer.Status == 200);

        Assert.Equal(1, await ValueAsync(server, "modelservice_ready"));
    }

    [Fact]
    public async Task Ready_ServerThatCantWriteItsFolder_IsOne()
    {
        await using var server = Server();
        (await server.Api.GetAsync("/health/ready")).Ok();
        Directory.Delete(Path.Combine(data.Path, ".staging"));

        Assert.Equal("degraded", (await server.Api.GetAsync("/health/ready")).Ok().GetProperty("status").GetString());
        Assert.Equal(1, await ValueAsync(server, "modelservice_ready"));
    }

    [Fact]
    public async Task Storage_Disk_IsThatOfTheDataFolder()
    {
        await using var server = Server();
        var disk = new DriveInfo(data.Path);

        Assert.Equal(disk.TotalSize, await ValueAsync(server, "modelservice_storage_size_bytes"));
        Assert.InRange(await ValueAsync(server, "modelservice_storage_free_bytes"), 1, disk.TotalSize);
    }

    private static async Task<double> ValueAsync(ApiServer server, string metric)
    {
        // Not as a whole: ASP.NET's metrics are of all servers in the process.
        using var http = server.CreateClient();
        var text = await http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        return double.Parse(
            Regex.Match(text, $"(?m)^{metric}{{}} (.+)$").Groups[1].Value,
            CultureInfo.InvariantCulture
        );
    }

    private ApiServer Server(HeldStore? held = null) =>
        new()
        {
            Settings = { ["ModelService:Storage:Path"] = data.Path },
            Configure = services => held?.Configure(services),
        };
}
