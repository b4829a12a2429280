using System.Buffers;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using static TorchSharp.torch;

namespace ModelService.Models.Execution;

/// <summary>
/// A version in memory: a queue of inputs, and the threads that compute them. Disposing it computes the inputs that
/// still wait, and frees the memory.
/// </summary>
internal interface IInferenceWorker : IDisposable
{
    /// <summary>The elements of one input, and of its scores.</summary>
    (int Input, int Output) Counts { get; }

    /// <summary>
    /// Completes when the smallest and the largest batch were computed once; faulted when that failed.
    /// </summary>
    Task Warm { get; }

    /// <summary>The model's tensors by name; read-only, borrowed, valid until <see cref="FreeStateDict"/>.</summary>
    IReadOnlyDictionary<string, Tensor> StateDict { get; }

    /// <summary>Frees <see cref="StateDict"/>, once it is stored: the worker computes without it.</summary>
    void FreeStateDict();

    /// <summary>Reserves room in the queue for a request's inputs, before they are decoded.</summary>
    /// <param name="count">The number of inputs.</param>
    /// <param name="priority">The request's priority in the queue.</param>
    /// <param name="deadline">
    /// The deadline, by <see cref="InferenceWorker.Now"/>: inputs whose scores would come later are not computed.
    /// </param>
    /// <returns>
    /// A reservation for <see cref="RunAsync"/>, which the caller disposes whether or not it calls that; or
    /// <see cref="ErrorCode.Overloaded"/>: the queue is full, or can't be computed before the deadline.
    /// </returns>
    Outcome<QueueReservation> Reserve(int count, Priority priority, TimeSpan deadline);

    /// <summary>Gives the reserved room in the queue back.</summary>
    /// <param name="reservation">The reservation.</param>
    void Release(QueueReservation reservation);

    /// <summary>Computes the scores of a request's inputs on the model's threads.</summary>
    /// <param name="reservation">The reserved room; borrowed.</param>
    /// <param name="inputs">The inputs one after another; owned by the worker from here on.</param>
    /// <param name="count">The number of inputs, at most as many as are reserved.</param>
    /// <param name="cancellationToken">
    /// Cancels the request: inputs that are not being computed yet leave the queue at once.
    /// </param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.OutOfMemory"/>: there is not enough memory to compute even a single input.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The request was cancelled, or its scores would come after the deadline.
    /// </exception>
    Task<RunResult> RunAsync(
        QueueReservation reservation,
        IMemoryOwner<float> inputs,
        int count,
        CancellationToken cancellationToken
    );
}
