namespace ModelService.Models.Scheduling;

/// <summary>
/// Slow work of one kind, such as reading files or building plans: some of it runs at once, on the thread pool, and the
/// rest waits. Work in one lane never waits for work in another. Thread-safe.
/// </summary>
/// <param name="width">How much of the work runs at once.</param>
public sealed class Lane(int width) : IDisposable
{
    private readonly SemaphoreSlim room = new(width, width);

    /// <summary>Runs work that blocks its thread.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up work that has not begun.</param>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) =>
        RunAsync(() => Task.Run(work, cancellationToken), cancellationToken);

    /// <summary>Runs work that awaits.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Gives up work that has not begun.</param>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken = default)
    {
        await room.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            room.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();
}
