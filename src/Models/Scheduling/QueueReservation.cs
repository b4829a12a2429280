using ModelService.Models.Execution;

namespace ModelService.Models.Scheduling;

/// <summary>Room in a model's queue for inputs that are still being decoded: so nothing is decoded that would be refused then.</summary>
/// <param name="worker">Whose queue it is in.</param>
/// <param name="inputs">How many inputs it is for.</param>
/// <param name="priority">Whom they may pass while they wait.</param>
/// <param name="deadline">When, by <see cref="InferenceWorker.Now"/>, nobody wants the scores any more.</param>
internal sealed class QueueReservation(InferenceWorker worker, int inputs, Priority priority, TimeSpan deadline)
    : IDisposable
{
    /// <summary>How many inputs it is for; none once they came, or will not come any more. The worker's lock guards it.</summary>
    public int Inputs { get; set; } = inputs;

    /// <summary>Whom they may pass while they wait.</summary>
    public Priority Priority => priority;

    /// <summary>When, by <see cref="InferenceWorker.Now"/>, nobody wants the scores any more.</summary>
    public TimeSpan Deadline => deadline;

    /// <summary>Gives it back, if its inputs did not come.</summary>
    public void Dispose() => worker.Leave(this);
}
