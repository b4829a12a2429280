using Microsoft.Extensions.Options;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Explanation;

/// <summary>
/// Computes explanations one after another, on a thread that gets the processor time that predictions leave.
/// </summary>
/// <param name="options">How many may wait.</param>
/// <param name="batching">The longest time that a request may take.</param>
internal sealed class ExplanationLane(IOptions<ExplanationOptions> options, IOptions<BatchingOptions> batching)
    : IDisposable
{
    private readonly Lane lane = new(width: 1, NativeRuntime.PrepareBackgroundThread);
    private readonly SemaphoreSlim turn = new(1, 1);
    private int inside;

    /// <summary>Requests that wait or are being computed.</summary>
    public int Active => Volatile.Read(ref inside);

    /// <summary>Admits a request and holds it to its deadline.</summary>
    /// <param name="timeout">Time to the deadline; null: the server's.</param>
    /// <param name="work">The request; it gets a token that fires at the deadline, too.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// What the request returned; <see cref="ErrorCode.Overloaded"/>: too many wait;
    /// <see cref="ErrorCode.DeadlineExceeded"/>.
    /// </returns>
    public async Task<Outcome<T>> AdmitAsync<T>(
        TimeSpan? timeout,
        Func<CancellationToken, Task<Outcome<T>>> work,
        CancellationToken cancellationToken
    )
        where T : class
    {
        var most = options.Value.MaxWaiting;
        try
        {
            if (Interlocked.Increment(ref inside) > most)
            {
                return new Failure(
                    ErrorCode.Overloaded,
                    $"{most} explanations wait or are being computed; that is the limit. Try again in a moment."
                )
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            }

            var time = timeout < batching.Value.MaxTimeout ? timeout.Value : batching.Value.MaxTimeout;
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(time > TimeSpan.Zero ? time : TimeSpan.Zero);
            try
            {
                return await work(deadline.Token);
            }
            catch (ServingException exception)
            {
                return exception.Failure;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return new Failure(
                    ErrorCode.DeadlineExceeded,
                    "The deadline passed before the explanation was computed. Ask for fewer steps or a larger stride, "
                        + "or set a longer timeout."
                );
            }
        }
        finally
        {
            Interlocked.Decrement(ref inside);
        }
    }

    /// <summary>Reads a version and computes with it, which takes memory: one request at a time does so.</summary>
    /// <param name="work">Reads, then goes on with <see cref="ComputeAsync"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Computes on the lane's thread.</summary>
    public Task<T> ComputeAsync<T>(Func<T> work, CancellationToken cancellationToken) =>
        lane.RunAsync(work, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        lane.Dispose();
        turn.Dispose();
    }
}
