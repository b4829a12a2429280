using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Xunit;

namespace ModelService.TestSupport;

/// <summary>
/// Debian's PostgreSQL on a port of its own, in a temporary folder and as an unprivileged user. A test project has one
/// as an assembly fixture; it starts with the first test that needs it. Tests without PostgreSQL are skipped.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";

    private static readonly string? Programs = FindPrograms();

    private readonly Lock gate = new();
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"pg-{Guid.NewGuid():N}"[..11]);
    private int port;
    private int databases;

    /// <summary>A further address of this machine at which the /30 network around it reaches the server.</summary>
    public string? Address { get; init; }

    /// <summary>A new, empty database; skips the test where there is no PostgreSQL.</summary>
    /// <returns>Its connection string.</returns>
    public string CreateDatabase()
    {
        Assert.SkipWhen(Programs is null, "PostgreSQL is not installed (apt-get install postgresql).");
        lock (gate)
        {
            if (port == 0)
                Create();
            var name = $"test{++databases}";
            Run("createdb", "--host", folder, "--port", Port, "--username", User, name);
            return $"Host=127.0.0.1;Port={Port};Database={name};Username={User}";
        }
    }

    /// <summary>Starts the server again after <see cref="Stop"/>.</summary>
    public void Start() =>
        RunAsUser(
            "pg_ctl",
            "start",
            "--wait",
            "--silent",
            "--pgdata",
            Path.Combine(folder, "data"),
            "--log",
            Path.Combine(folder, "log"),
            "--options",
            $"-p {Port} -k {folder} -c listen_addresses={Addresses} -c max_connections=200 -c fsync=off"
        );

    /// <summary>Stops the server, and cuts off its clients.</summary>
    public void Stop() =>
        RunAsUser(
            "pg_ctl",
            "stop",
            "--wait",
            "--silent",
            "--mode",
            "immediate",
            "--pgdata",
            Path.Combine(folder, "data")
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        if (port == 0)
            return;
        if (File.Exists(Path.Combine(folder, "data", "postmaster.pid")))
            Stop();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A port where nobody listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Addresses => Address is null ? "127.0.0.1" : $"127.0.0.1,{Address}";

    private string Port => port.ToString(CultureInfo.InvariantCulture);

    private void Create()
    {
        port = FreePort();
        Directory.CreateDirectory(folder);
        if (Environment.IsPrivilegedProcess)
            Execute("chown", User, folder);
        RunAsUser(
            "initdb",
            "--no-sync",
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--username",
            User,
            "--pgdata",
            Path.Combine(folder, "data")
        );
        if (Address is not null)
            File.AppendAllText(Path.Combine(folder, "data", "pg_hba.conf"), $"host all all {Address}/30 trust\n");
        Start();
    }

    // PostgreSQL refuses to run as root.
    private static void RunAsUser(string program, params string[] arguments)
    {
        if (Environment.IsPrivilegedProcess)
            Execute("runuser", ["-u", User, "--", Path.Combine(Programs!, program), .. arguments]);
        else
            Run(program, arguments);
    }

    private static void Run(string program, params string[] arguments) =>
        Execute(Path.Combine(Programs!, program), arguments);

    private static void Execute(string program, params string[] arguments)
    {
        // The output goes to a file of the program's own or nowhere: a server would hold a pipe open.
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", "exec \"$0\" \"$@\" >/dev/null 2>&1 </dev/null", program },
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} ended with {process.ExitCode}.");
    }

    private static string? FindPrograms()
    {
        const string Debian = "/usr/lib/postgresql";
        return Directory.Exists(Debian)
            ? Directory
                .GetDirectories(Debian)
                .Select(version => Path.Combine(version, "bin"))
                .LastOrDefault(path => File.Exists(Path.Combine(path, "initdb")))
            : null;
    }
}
