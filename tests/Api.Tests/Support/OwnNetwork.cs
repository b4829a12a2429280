namespace ModelService.Api.Tests.Support;

/// <summary>
/// A network of its own for a server (a namespace of Linux), with two cables to this machine: one to the database,
/// which a test can cut, and one for the test's requests. On a cable that is cut, packets vanish and nobody is told.
/// </summary>
internal sealed class OwnNetwork : IAsyncDisposable
{
    // Of the addresses for tests of networks (RFC 2544), with a part that no other test's process has.
    private readonly string addresses = $"198.18.{Environment.ProcessId & 255}";
    private readonly string name = $"ms{Environment.ProcessId}";

    private OwnNetwork() { }

    /// <summary>The address of this machine for the server's database.</summary>
    public string Database => $"{addresses}.1";

    /// <summary>The address at which this machine reaches the server.</summary>
    public string Server => $"{addresses}.6";

    /// <summary>What runs a program in the network: it goes before the program's name.</summary>
    public IReadOnlyList<string> Command => ["ip", "netns", "exec", name];

    private string DatabaseCable => $"{name}d";

    private string TestCable => $"{name}t";

    /// <summary>Creates a network; skips the test where that is not possible.</summary>
    public static async Task<OwnNetwork> CreateAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can make a network.");
        Assert.SkipUnless(
            File.Exists("/usr/sbin/ip") || File.Exists("/sbin/ip"),
            "There is no command 'ip' (apt-get install iproute2)."
        );
        var network = new OwnNetwork();
        var (exitCode, output) = await TryAsync($"netns add {network.name}");
        Assert.SkipUnless(exitCode == 0, $"No network can be made here: {output}");
        await network.ConnectAsync(network.DatabaseCable, network.Database, $"{network.addresses}.2");
        await network.ConnectAsync(network.TestCable, $"{network.addresses}.5", network.Server);
        await network.KnowDatabaseAsync();
        return network;
    }

    /// <summary>Cuts the cable to the database.</summary>
    public Task CutAsync() => RunAsync($"link set {DatabaseCable} down");

    /// <summary>Connects the server with the database again.</summary>
    public Task MendAsync() => RunAsync($"link set {DatabaseCable} up");

    public async ValueTask DisposeAsync()
    {
        await TryAsync($"link delete {DatabaseCable}");
        await TryAsync($"link delete {TestCable}");
        await TryAsync($"netns delete {name}");
    }

    // The ends of a cable have the same name, one here and one there.
    private async Task ConnectAsync(string cable, string here, string there)
    {
        await RunAsync($"link add {cable} type veth peer name {cable} netns {name}");
        await RunAsync($"address add {here}/30 dev {cable}");
        await RunAsync($"link set {cable} up");
        await RunAsync($"-n {name} address add {there}/30 dev {cable}");
        await RunAsync($"-n {name} link set {cable} up");
        await RunAsync($"-n {name} link set lo up");
    }

    // A server that asks who has the address of the database would notice that nobody answers.
    private async Task KnowDatabaseAsync()
    {
        var (_, cable) = await TryAsync($"-brief link show {DatabaseCable}");
        var hardware = cable.Split(' ', StringSplitOptions.RemoveEmptyEntries)[2];
        await RunAsync($"-n {name} neigh replace {Database} lladdr {hardware} dev {DatabaseCable} nud permanent");
    }

    private static async Task RunAsync(string arguments)
    {
        var (exitCode, output) = await TryAsync(arguments);
        Assert.True(exitCode == 0, $"ip {arguments}: {output}");
    }

    private static Task<(int ExitCode, string Output)> TryAsync(string arguments) =>
        Embedding.Command.RunProgramAsync("ip", Path.GetTempPath(), arguments.Split(' '));
}
