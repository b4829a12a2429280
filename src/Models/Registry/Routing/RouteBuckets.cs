using System.IO.Hashing;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace ModelService.Models.Registry.Routing;

/// <summary>
/// Divides the callers of a model into 100 buckets, one for each percent. A named caller is always in the same bucket
/// of a model, on every server; the others are in a random one for each request. Thread-safe.
/// </summary>
/// <param name="random">Draws the buckets of callers without a name.</param>
internal sealed class RouteBuckets([FromKeyedServices(RouteBuckets.Random)] Random random)
{
    /// <summary>The key of the generator in the services of a program, which may have others.</summary>
    public const string Random = "ModelService.Routes";

    /// <summary>The number of buckets.</summary>
    public const int Count = 100;

    private readonly Lock gate = new(); // of random: only the shared one is thread-safe

    /// <summary>The bucket of a request.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="client">What names the caller; null: nothing does.</param>
    public int Choose(string model, string? client)
    {
        if (client is not null)
            return Of(model, client);
        lock (gate)
            return random.Next(Count);
    }

    /// <summary>The bucket of a named caller.</summary>
    /// <remarks>
    /// XXH64 is part of the contract: servers of different releases, which share a model's requests during an upgrade,
    /// must agree. The model's name is hashed too, so that the same callers aren't the first to get every new version.
    /// </remarks>
    public static int Of(string model, string client)
    {
        var hash = XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{model}\n{client}"));
        return (int)((UInt128)hash * Count >> 64);
    }
}
