using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Auth;

/// <summary>Counts the wrong keys of each client address.</summary>
/// <param name="options">How many are too many.</param>
internal sealed class FailedAttempts(IOptions<AuthOptions> options) : IDisposable
{
    private const int NetworkBytes = 8;

    private readonly PartitionedRateLimiter<IPAddress> limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        address =>
            RateLimitPartition.GetFixedWindowLimiter(
                Network(address),
                _ => new FixedWindowRateLimiterOptions
                {
                    PermitLimit = options.Value.MaxFailures,
                    Window = TimeSpan.FromMinutes(1),
                }
            )
    );

    /// <summary>Counts one.</summary>
    /// <param name="address">Where it came from.</param>
    /// <returns>When the address may try again; null when it may at once.</returns>
    public TimeSpan? Count(IPAddress address)
    {
        using var lease = limiter.AttemptAcquire(address);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait
            : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();

    // An IPv6 client has all the addresses of its /64 network.
    private static IPAddress Network(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress([.. address.GetAddressBytes().Take(NetworkBytes), .. new byte[NetworkBytes]])
            : address;
    }
}
