using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>Counts the wrong keys of each client address.</summary>
/// <param name="options">The number of wrong keys allowed a minute.</param>
internal sealed class FailedAttempts(IOptions<AuthOptions> options) : IDisposable
{
    // Bytes of an IPv6 address's /64 prefix.
    private const int NetworkBytes = 8;

    private readonly PartitionedRateLimiter<IPAddress> limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address =>
            RateLimitPartition.GetFixedWindowLimiter(
                GetNetwork(address),
                _ => new FixedWindowRateLimiterOptions
                {
                    PermitLimit = options.Value.MaxFailures,
                    Window = TimeSpan.FromMinutes(1),
                }
            )
    );

    /// <summary>Counts a wrong key.</summary>
    /// <param name="address">The client's address.</param>
    /// <returns>The time after which the address may try again; null while it has not reached the limit.</returns>
    public TimeSpan? Count(IPAddress address)
    {
        using var lease = limiter.AttemptAcquire(address);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter
            : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();

    // The addresses that count as one client. An IPv6 client can use every address of its /64 network.
    private static IPAddress GetNetwork(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress([.. address.GetAddressBytes().Take(NetworkBytes), .. new byte[NetworkBytes]])
            : address;
    }
}
