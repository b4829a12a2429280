using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>
/// Room in a model's queue for inputs that are still being decoded. It is reserved first, so that the server decodes
/// only inputs that the queue accepts.
/// </summary>
/// <param name="worker">The worker that owns the queue.</param>
/// <param name="inputs">The number of inputs.</param>
/// <param name="priority">Their priority.</param>
/// <param name="deadline">The deadline for their scores, by <see cref="InferenceWorker.Now"/>.</param>
internal sealed class QueueReservation(IInferenceWorker worker, int inputs, Priority priority, TimeSpan deadline)
    : IDisposable
{
    /// <summary>The number of inputs; 0 after it was used or released. Guarded by the worker's lock.</summary>
    public int Inputs { get; set; } = inputs;

    /// <summary>The priority of the inputs.</summary>
    public Priority Priority => priority;

    /// <summary>The deadline for the scores, by <see cref="InferenceWorker.Now"/>.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Releases the reservation, unless it was used.</summary>
    public void Dispose() => worker.Release(this);
}
