using System.Globalization;
using ModelService.Models.Registry.Placement;

namespace ModelService.Models.Tests.Registry.Placement;

/// <summary>
/// A cluster under traffic: servers that keep the models which were used last, and forward a request for a model that
/// belongs elsewhere when they would have to unload another one for it (<see cref="ModelPlacement"/>). All models have
/// one size. Requests come to random servers. Nothing takes time here: it counts what happens, not how long it takes.
/// </summary>
/// <param name="Servers">How many servers.</param>
/// <param name="Models">How many models.</param>
/// <param name="Room">How many models a server's memory holds.</param>
/// <param name="Copies">On how many servers a model belongs; 0: nothing is forwarded.</param>
/// <param name="Skew">
/// Exponent of Zipf's law: the model of rank k gets a share of the requests that is proportional to k^-exponent.
/// </param>
/// <param name="RestartsPerHour">Servers that are replaced by new ones with empty memory.</param>
internal sealed record ClusterSimulation(
    int Servers,
    int Models,
    int Room,
    int Copies,
    double Skew,
    int RestartsPerHour
)
{
    /// <summary>A million an hour.</summary>
    public const double RequestsPerSecond = 1_000_000 / 3600.0;

    private const int WarmUpMinutes = 20;
    private const int Minutes = 10;

    /// <summary>Runs 20 minutes of traffic to fill the memories, and counts in ten more.</summary>
    public Result Run()
    {
        var random = new Random(1);
        var shares = Shares();
        List<Server> servers = [.. Enumerable.Range(0, Servers).Select(number => new Server(number, Room))];
        var homes = FindHomes(servers);
        long loads = 0,
            forwarded = 0,
            counted = 0;
        var total = (long)((WarmUpMinutes + Minutes) * 60 * RequestsPerSecond);
        var warmUp = total * WarmUpMinutes / (WarmUpMinutes + Minutes);
        var restartEvery = RestartsPerHour == 0 ? long.MaxValue : (long)(3600 * RequestsPerSecond / RestartsPerHour);
        for (var request = 1L; request <= total; request++)
        {
            if (request == warmUp)
                servers.ForEach(server => server.Answers = 0);
            if (request % restartEvery == 0)
            {
                servers[random.Next(Servers)] = new Server(Servers + (int)(request / restartEvery), Room);
                homes = FindHomes(servers);
            }

            var found = Array.BinarySearch(shares, random.NextDouble());
            var model = found < 0 ? ~found : found;
            var asked = servers[random.Next(Servers)];
            var isForwarded = Copies > 0 && !asked.Has(model) && asked.IsFull && !homes(model).Contains(asked.Number);
            var home = isForwarded ? homes(model)[random.Next(Copies)] : -1;
            var server = isForwarded ? servers.Find(server => server.Number == home)! : asked;
            var isLoaded = server.Use(model);
            if (request <= warmUp)
                continue;
            counted++;
            loads += isLoaded ? 1 : 0;
            forwarded += isForwarded ? 1 : 0;
        }

        return new Result(
            1 - (double)loads / counted,
            (double)forwarded / counted,
            (double)loads / Minutes,
            servers.Max(server => server.Answers) / servers.Average(server => server.Answers)
        );
    }

    private double[] Shares()
    {
        var weights = Enumerable.Range(1, Models).Select(rank => Math.Pow(rank, -Skew)).ToList();
        var (sum, total) = (0.0, weights.Sum());
        return [.. weights.Select(weight => (sum += weight) / total)];
    }

    // The numbers of the servers on which a model belongs; asked for only as long as the servers stay the same.
    private Func<int, int[]> FindHomes(List<Server> servers)
    {
        var numbers = servers.ToDictionary(server => $"http://10.0.0.{server.Number}:8080/", server => server.Number);
        List<string> addresses = [.. numbers.Keys];
        var homes = new int[]?[Models];
        return model =>
            homes[model] ??= [
                .. RendezvousHash
                    .Choose(model.ToString(CultureInfo.InvariantCulture), addresses, Copies)
                    .Select(address => numbers[address]),
            ];
    }

    /// <summary>What was counted.</summary>
    /// <param name="Hits">Part of the requests whose model was in the memory of the server that answered.</param>
    /// <param name="Forwarded">Part of the requests that another server answered than was asked.</param>
    /// <param name="LoadsPerMinute">Models that were loaded, by all servers together.</param>
    /// <param name="Imbalance">The requests of the server that answered most, to those of the mean one.</param>
    public sealed record Result(double Hits, double Forwarded, double LoadsPerMinute, double Imbalance);

    // A server, whose memory has the models that were used last.
    private sealed class Server(int number, int room)
    {
        private readonly Dictionary<int, LinkedListNode<int>> memory = [];
        private readonly LinkedList<int> byUse = new();

        public int Number { get; } = number;

        public long Answers { get; set; }

        public bool IsFull => memory.Count >= room;

        public bool Has(int model) => memory.ContainsKey(model);

        // Answers a request; true when the model had to be loaded for it.
        public bool Use(int model)
        {
            Answers++;
            if (memory.TryGetValue(model, out var node))
            {
                byUse.Remove(node);
                byUse.AddLast(node);
                return false;
            }

            if (IsFull)
            {
                memory.Remove(byUse.First!.Value);
                byUse.RemoveFirst();
            }

            memory[model] = byUse.AddLast(model);
            return true;
        }
    }
}
