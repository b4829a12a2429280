using System.Diagnostics;
using System.Globalization;
using ModelService.Api.Tests.Support;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace ModelService.Api.Tests.Cluster;

/// <summary>Servers in processes of their own that share a database and a folder of blobs.</summary>
/// <param name="connection">The database.</param>
/// <param name="more">Further settings of all servers.</param>
internal sealed class Replicas(string connection, params string[] more) : IDisposable
{
    private readonly TemporaryFolder data = new();
    private readonly List<ServerProcess> servers = [];
    private readonly Dictionary<ServerProcess, Uri> calls = [];
    private readonly Lock gate = new();

    /// <summary>The servers, by index.</summary>
    public IReadOnlyList<ServerProcess> Servers
    {
        get
        {
            lock (gate)
                return [.. servers];
        }
    }

    public int Count => Servers.Count;

    public ServerProcess this[int index] => Servers[index];

    /// <summary>The folder with all that is on a disk: the blobs, and each server's own folder.</summary>
    public string Data => data.Path;

    /// <summary>The folder of the blobs.</summary>
    public string Blobs => Path.Combine(data.Path, "blobs");

    /// <summary>The settings that all servers have.</summary>
    public string[] Settings =>
        [
            "--ModelService:Storage:Kind=postgres",
            $"--ModelService:Storage:Connection={connection}",
            $"--ModelService:Blobs:Path={Blobs}",
            "--ModelService:Compute:Trial=false", // each server would probe each network, in a process
            .. more,
        ];

    /// <summary>Starts servers.</summary>
    /// <param name="count">Their number.</param>
    /// <param name="own">Settings that the others do not have.</param>
    public async Task StartAsync(int count, params string[] own)
    {
        var started = await Task.WhenAll(Enumerable.Range(Count, count).Select(index => StartOneAsync(index, own)));
        lock (gate)
            servers.AddRange(started);
    }

    /// <summary>Starts one more server, with settings and environment variables of its own.</summary>
    public async Task StartAsync(IReadOnlyDictionary<string, string> environment, params string[] settings)
    {
        var folder = Path.Combine(data.Path, $"server-{Count}");
        var started = await ServerProcess.StartAsync(folder, environment, [.. Settings, .. settings]);
        lock (gate)
            servers.Add(started);
    }

    /// <summary>Starts one more server, in a network of its own.</summary>
    public async Task StartAsync(OwnNetwork network, params string[] settings)
    {
        var folder = Path.Combine(data.Path, $"server-{Count}");
        var started = await ServerProcess.StartAsync(folder, network, [.. Settings, .. settings]);
        lock (gate)
            servers.Add(started);
    }

    /// <summary>Sends a signal to a server, such as <c>-STOP</c>.</summary>
    public void Signal(int index, string signal)
    {
        using var kill = Process.Start("kill", [signal, this[index].Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Starts servers that forward requests to each other. They take calls over gRPC, too.</summary>
    public async Task StartWithAddressesAsync(int count, params string[] settings)
    {
        var started = await Task.WhenAll(
            Enumerable
                .Range(Count, count)
                .Select(async index =>
                {
                    var address = $"http://127.0.0.1:{PostgresServer.FreePort()}";
                    var call = $"http://127.0.0.1:{PostgresServer.FreePort()}";
                    var server = await ServerProcess.StartAsync(
                        Path.Combine(data.Path, $"server-{index}"),
                        [
                            .. Settings,
                            $"--ModelService:Cluster:Address={address}",
                            $"--Kestrel:Endpoints:Http:Url={address}",
                            $"--Kestrel:Endpoints:Http2:Url={call}",
                            "--Kestrel:Endpoints:Http2:Protocols=Http2",
                            .. settings,
                        ]
                    );
                    return (Server: server, Call: new Uri(call));
                })
        );
        lock (gate)
        {
            foreach (var (server, call) in started)
            {
                servers.Add(server);
                calls.Add(server, call);
            }
        }
    }

    /// <summary>Calls a server over gRPC that was started with an address.</summary>
    public Calls Call(int index, string? key = null) => new(calls[this[index]], key);

    /// <summary>Kills a server.</summary>
    public Task KillAsync(int index) => this[index].KillAsync();

    /// <summary>Starts a server again, with its own data folder, and waits until it is ready.</summary>
    public async Task RestartAsync(int index)
    {
        var old = this[index];
        var server = await StartOneAsync(index);
        await Eventually.GetAsync(() => server.Api.GetAsync("/health/ready"), answer => answer.Status == 200);
        lock (gate)
            servers[index] = server;
        old.Dispose();
    }

    public void Dispose()
    {
        foreach (var server in Servers)
            server.Dispose();
        data.Dispose();
    }

    private Task<ServerProcess> StartOneAsync(int index, params string[] own) =>
        ServerProcess.StartAsync(Path.Combine(data.Path, $"server-{index}"), [.. Settings, .. own]);
}
