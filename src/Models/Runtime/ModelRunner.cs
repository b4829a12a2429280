using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using ModelService.Models.Errors;
using ModelService.Models.Serving;
using static TorchSharp.torch;

namespace ModelService.Models.Runtime;

/// <summary>
/// The thread on which a model computes, so that no web thread ever runs a tensor. It owns the model: disposing it ends the thread after
/// what runs, then frees the model.
/// </summary>
internal sealed class ModelRunner : IDisposable
{
    private readonly CompiledModel model;
    private readonly string modelName;
    private readonly ServingMetrics metrics;
    private readonly BlockingCollection<Work> queue = new(new ConcurrentQueue<Work>());
    private readonly int queueLimit;
    private readonly Thread thread;
    private int waiting;

    /// <summary>Starts the thread.</summary>
    /// <param name="model">The model, owned from here on.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="queueLimit">Inputs that may wait; one more is refused.</param>
    /// <param name="metrics">Told what waits.</param>
    public ModelRunner(CompiledModel model, string name, int version, int queueLimit, ServingMetrics metrics)
    {
        this.model = model;
        this.queueLimit = queueLimit;
        (modelName, this.metrics) = (name, metrics);
        thread = new Thread(Loop) { Name = $"model {name}@{version}", IsBackground = true };
        thread.Start();
    }

    /// <summary>The model's sizes.</summary>
    public (int Input, int Output) Counts => (model.InputCount, model.OutputCount);

    /// <summary>The model's tensors by their names; borrowed, valid until this is disposed. Nothing changes them.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => model.StateDict;

    /// <summary>Computes the scores of a batch on the model's thread.</summary>
    /// <param name="inputs">Inputs one after another; owned by the runner from here on.</param>
    /// <param name="count">How many inputs.</param>
    /// <param name="cancellationToken">Fires when the caller leaves; what has not begun is then dropped.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.Overloaded"/>: too many inputs wait already.</exception>
    public async Task<RunResult> RunAsync(IMemoryOwner<float> inputs, int count, CancellationToken cancellationToken)
    {
        var work = new Work(inputs, count, Stopwatch.GetTimestamp(), Activity.Current?.Context ?? default, cancellationToken);
        if (Interlocked.Add(ref waiting, count) > queueLimit)
        {
            Finish(work);
            throw new ServingException(ErrorCode.Overloaded, $"{queueLimit} inputs may wait for this model, and as many do. Try again in a moment.");
        }

        metrics.Queued(modelName, count);
        queue.Add(work, CancellationToken.None);
        return await work.Result.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        queue.CompleteAdding();
        thread.Join();
        queue.Dispose();
        model.Dispose();
    }

    private void Loop()
    {
        NativeRuntime.PrepareThread();
        foreach (var work in queue.GetConsumingEnumerable())
        {
            metrics.Queued(modelName, -work.Count);
            try
            {
                if (work.Cancellation.IsCancellationRequested)
                {
                    work.Result.TrySetCanceled(work.Cancellation);
                    continue;
                }

                var started = Stopwatch.GetTimestamp();
                var scores = model.Run(work.Inputs.Memory.Span[..(work.Count * model.InputCount)], work.Count);
                ServingTraces.Computed(modelName, work.Count, started, [(work.Request, work.Queued)]);
                work.Result.TrySetResult(new RunResult(scores, Stopwatch.GetElapsedTime(work.Queued, started), Stopwatch.GetElapsedTime(started)));
            }
            catch (Exception exception)
            {
                // Whatever libtorch throws belongs to this work; the thread goes on with the next.
                work.Result.TrySetException(exception);
            }
            finally
            {
                Finish(work);
            }
        }
    }

    private void Finish(Work work)
    {
        Interlocked.Add(ref waiting, -work.Count);
        work.Inputs.Dispose();
    }

    private sealed record Work(IMemoryOwner<float> Inputs, int Count, long Queued, ActivityContext Request, CancellationToken Cancellation)
    {
        // The waiting request goes on on a web thread, not on the model's.
        public TaskCompletionSource<RunResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What a run gave.</summary>
/// <param name="Scores">The logits of each input, one after another.</param>
/// <param name="Queue">How long it waited.</param>
/// <param name="Inference">How long it ran.</param>
internal readonly record struct RunResult(float[] Scores, TimeSpan Queue, TimeSpan Inference);
