using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Api.Protection;

/// <summary>
/// Counts the memory of all bodies that are being read or used, and refuses more than the server may have. Thread-safe.
/// </summary>
/// <param name="options">The limit.</param>
internal sealed class BodyMemory(IOptions<LimitsOptions> options)
{
    // Of the memory that the process may use: the default limit.
    private const double DefaultFraction = 0.1;

    private readonly long limit =
        options.Value.MaxBodyMemory
        ?? Math.Max(
            (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * DefaultFraction),
            2L * options.Value.MaxPredictBytes
        );
    private long taken;

    /// <summary>Bytes that bodies have taken.</summary>
    public long Taken => Interlocked.Read(ref taken);

    /// <summary>The account of a request, which gives its memory back when the request ends.</summary>
    /// <param name="http">The request.</param>
    public static Account Of(HttpContext http)
    {
        if (http.Features.Get<Account>() is { } known)
            return known;
        var account = new Account(http.RequestServices.GetRequiredService<BodyMemory>());
        http.Features.Set(account);
        http.Response.RegisterForDispose(account);
        return account;
    }

    /// <summary>The memory of one request's body. Thread-safe.</summary>
    public sealed class Account(BodyMemory memory) : IDisposable
    {
        private long held;

        /// <summary>Takes memory.</summary>
        /// <param name="bytes">How many bytes; negative gives some back.</param>
        /// <exception cref="ServingException">
        /// <see cref="ErrorCode.Overloaded"/>: the bodies of all requests need more than the server may have.
        /// </exception>
        public void Take(long bytes)
        {
            if (Interlocked.Add(ref memory.taken, bytes) > memory.limit && bytes > 0)
            {
                Interlocked.Add(ref memory.taken, -bytes);
                throw new ServingException(
                    new Failure(
                        ErrorCode.Overloaded,
                        "The bodies of the requests that are being answered need all the memory for them. "
                            + "Try again in a moment."
                    )
                    {
                        RetryAfter = TimeSpan.FromSeconds(1),
                    }
                );
            }

            Interlocked.Add(ref held, bytes);
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            Interlocked.Add(ref memory.taken, -Interlocked.Exchange(ref held, 0));
        }
    }
}
