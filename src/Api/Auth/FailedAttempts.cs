using System.Net;
using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using ModelService.Api.Protection;

namespace ModelService.Api.Auth;

/// <summary>Counts the wrong keys of each client network.</summary>
/// <param name="options">The number of wrong keys allowed a minute.</param>
internal sealed class FailedAttempts(IOptions<AuthOptions> options) : IDisposable
{
    private readonly PartitionedRateLimiter<IPAddress> limiter = PartitionedRateLimiter.Create<IPAddress, IPAddress>(
        network =>
            RateLimitPartition.GetFixedWindowLimiter(
                network,
                _ => new FixedWindowRateLimiterOptions
                {
                    PermitLimit = options.Value.MaxFailures,
                    Window = TimeSpan.FromMinutes(1),
                }
            )
    );

    /// <summary>Counts a wrong key.</summary>
    /// <param name="network">The client's network, by <see cref="ClientAddress.FindNetwork"/>.</param>
    /// <returns>The time after which the client may try again; null while it has not reached the limit.</returns>
    public TimeSpan? Count(IPAddress network)
    {
        using var lease = limiter.AttemptAcquire(network);
        return lease.IsAcquired ? null
            : lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? retryAfter
            : TimeSpan.FromMinutes(1);
    }

    public void Dispose() => limiter.Dispose();
}
