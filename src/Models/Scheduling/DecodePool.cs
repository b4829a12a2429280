using ModelService.Imaging;
using ModelService.Models.Errors;

namespace ModelService.Models.Scheduling;

/// <summary>
/// Decodes as many pictures at once as there are cores, for all who need some: more would only compete for them.
/// </summary>
public sealed class DecodePool
{
    private readonly TaskScheduler tasks = new ConcurrentExclusiveSchedulerPair(
        TaskScheduler.Default,
        Environment.ProcessorCount
    ).ConcurrentScheduler;

    /// <summary>Decodes pictures.</summary>
    /// <param name="decode">Decodes them; may throw an <see cref="ImageException"/>.</param>
    /// <param name="cancellationToken">Gives up what has not begun.</param>
    /// <returns>
    /// What <paramref name="decode"/> returned; or <see cref="ErrorCode.ImageUndecodable"/> or
    /// <see cref="ErrorCode.ImageTooLarge"/>.
    /// </returns>
    public Task<Outcome<T>> RunAsync<T>(Func<T> decode, CancellationToken cancellationToken)
        where T : class =>
        Task.Factory.StartNew<Outcome<T>>(
            () =>
            {
                try
                {
                    return decode();
                }
                catch (ImageException exception)
                {
                    return new Failure(
                        exception.Fault == ImageFault.TooLarge ? ErrorCode.ImageTooLarge : ErrorCode.ImageUndecodable,
                        exception.Message
                    );
                }
            },
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            tasks
        );
}
