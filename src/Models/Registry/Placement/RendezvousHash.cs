using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace ModelService.Models.Registry.Placement;

/// <summary>
/// Chooses servers for a name by highest random weight: each server has a number for each name, and the highest ones
/// have it. So all who know the same servers choose the same ones, and a server that comes or goes changes only the
/// names that it has. See
/// <see href="https://doi.org/10.1109/90.663936">Thaler and Ravishankar, Using name-based mappings to increase hit
/// rates (1998)</see>.
/// </summary>
internal static class RendezvousHash
{
    /// <summary>Chooses the servers of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="servers">The servers; their order doesn't matter.</param>
    /// <param name="count">How many to choose.</param>
    /// <returns>The servers, the first choice first; fewer than asked for when there are no more.</returns>
    public static IReadOnlyList<string> Choose(string name, IReadOnlyList<string> servers, int count)
    {
        var chosen = new List<(ulong Weight, string Server)>(count + 1);
        foreach (var server in servers)
        {
            var weight = Weigh(name, server);
            var place = chosen.FindIndex(other =>
                weight > other.Weight || (weight == other.Weight && string.CompareOrdinal(server, other.Server) < 0)
            );
            if (place < 0 && chosen.Count == count)
                continue;
            chosen.Insert(place < 0 ? chosen.Count : place, (weight, server));
            if (chosen.Count > count)
                chosen.RemoveAt(count);
        }

        return [.. chosen.Select(item => item.Server)];
    }

    // The hash of the name is the seed of the server's.
    private static ulong Weigh(string name, string server) =>
        XxHash3.HashToUInt64(
            MemoryMarshal.AsBytes(server.AsSpan()),
            unchecked((long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan())))
        );
}
