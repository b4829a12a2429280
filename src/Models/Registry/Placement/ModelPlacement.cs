using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry.Placement;

/// <summary>
/// Decides which servers of a cluster keep a model in memory: a few on which it belongs, its homes, and all that have
/// room for it. Without an address of this server (<see cref="ClusterOptions.Address"/>), every model is at home here.
/// Thread-safe.
/// </summary>
public sealed class ModelPlacement
{
    // A model whose homes have too many requests is served here as well, for this time.
    private static readonly TimeSpan Relief = TimeSpan.FromMinutes(1);

    private readonly ModelRegistry registry;
    private readonly MemoryBudget budget;
    private readonly ClusterOptions options;
    private readonly TimeProvider clock;
    private readonly string? self;
    private readonly ConcurrentDictionary<string, DateTimeOffset> relieved = new(StringComparer.Ordinal);
    private volatile IReadOnlyList<string> servers;
    private volatile IReadOnlySet<string> secrets = new HashSet<string>();

    internal ModelPlacement(
        IModelStore store,
        ModelRegistry registry,
        MemoryBudget budget,
        IOptions<ClusterOptions> options,
        TimeProvider clock
    )
    {
        (this.registry, this.budget, this.options, this.clock) = (registry, budget, options.Value, clock);
        self = options.Value.Address?.ToString();
        servers = self is null ? [] : [self];
        Secret = (store as ISharedModelStore)?.Server.ToString();
    }

    /// <summary>The addresses of the living servers, with this one's; empty when it has none.</summary>
    public IReadOnlyList<string> Servers => servers;

    /// <summary>What proves to the other servers that a request comes from this one; null: there are none.</summary>
    public string? Secret { get; }

    /// <summary>Whether this is the <see cref="Secret"/> of a server that lives.</summary>
    /// <param name="secret">What a request has.</param>
    public bool IsKnown(string secret) => secrets.Contains(secret);

    /// <summary>Sets the servers that live.</summary>
    /// <param name="known">What the store knows of them.</param>
    internal void SetServers(IReadOnlyList<ServerAddress> known)
    {
        // A server is among the living ones for itself, also before the store knows it.
        if (self is not null)
            servers = [.. known.Select(server => server.Address).Append(self).Distinct()];
        secrets = known.Select(server => server.Server.ToString()).ToHashSet();
    }

    /// <summary>Whether a model belongs on this server.</summary>
    /// <param name="model">The model's name.</param>
    internal bool IsHome(string model) =>
        self is null
        || servers.Count <= options.Copies
        || RendezvousHash.Choose(model, servers, options.Copies).Contains(self);

    /// <summary>Finds the servers that answer a request for a model in this server's place.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="number">The version; null: the default, or one that the model's routes choose.</param>
    /// <returns>
    /// The model's homes, in random order, when the model is not in memory here, does not belong here, and would take
    /// the memory of another one. Otherwise empty: this server answers.
    /// </returns>
    public IReadOnlyList<Uri> FindOthers(string name, int? number)
    {
        var known = servers;
        if (known.Count <= options.Copies || IsRelieved(name))
            return [];
        if (!registry.Find(name).TryGet(out var entry, out _) || !IsAway(entry, number))
            return [];
        var homes = RendezvousHash.Choose(name, known, options.Copies);
        if (homes.Contains(self))
            return [];
        Uri[] others = [.. homes.Select(home => new Uri(home))];
        Random.Shared.Shuffle(others);
        return others;
    }

    /// <summary>Has this server answer for a model for a while, because its homes have too many requests.</summary>
    /// <param name="name">The model's name.</param>
    public void Relieve(string name)
    {
        if (registry.Find(name).TryGet(out _, out _))
            relieved[name] = clock.GetUtcNow() + Relief;
        foreach (var (other, until) in relieved)
        {
            if (until < clock.GetUtcNow())
                relieved.TryRemove(new(other, until));
        }
    }

    private bool IsRelieved(string name) => relieved.TryGetValue(name, out var until) && clock.GetUtcNow() < until;

    // Whether a version that may answer is not in memory, and can't be loaded without unloading another one.
    private bool IsAway(ModelEntry entry, int? number) =>
        Candidates(entry, number)
            .Any(version =>
                version.Current is { LoadsOnRequest: true, State: not VersionState.Loading, Resolved: not null }
                && !budget.HasRoom(VersionLoader.DeviceOf(version), version.MemoryBytes)
            );

    private static IEnumerable<ModelVersion> Candidates(ModelEntry entry, int? number)
    {
        if (!entry.Find(number).TryGet(out var asked, out _))
            return [];
        return number is null && entry.Canary is not null
            ? entry.Versions.Where(entry.IsChosen).Append(asked)
            : [asked];
    }
}
