using ModelService.Models.Scheduling;

namespace ModelService.Models.Execution;

/// <summary>
/// Room in a model's queue for inputs that are still being decoded: nothing is decoded that the queue would refuse.
/// </summary>
/// <param name="worker">The worker whose queue it is.</param>
/// <param name="inputs">Inputs that it is for.</param>
/// <param name="priority">Their priority.</param>
/// <param name="deadline">The deadline of their scores, by <see cref="InferenceWorker.Now"/>.</param>
internal sealed class QueueReservation(InferenceWorker worker, int inputs, Priority priority, TimeSpan deadline)
    : IDisposable
{
    /// <summary>Inputs that it is for; 0 once it was used or given back. The worker's lock guards it.</summary>
    public int Inputs { get; set; } = inputs;

    /// <summary>The priority of its inputs.</summary>
    public Priority Priority => priority;

    /// <summary>The deadline of the scores, by <see cref="InferenceWorker.Now"/>.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Gives the room back, if it was not used.</summary>
    public void Dispose() => worker.Release(this);
}
