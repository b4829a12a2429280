using System.Buffers;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Registry.Support;

/// <summary>Builds versions at once, without computing; a test can hold a build, or let it fail.</summary>
internal sealed class FakeModelBuilder(TimeProvider clock) : IModelBuilder
{
    private readonly Lock gate = new();
    private readonly List<FakeWorker> workers = [];

    /// <summary>Runs in each build before it ends: to wait, or to throw.</summary>
    public Func<ModelVersion, WeightsSource, CancellationToken, Task>? OnBuild { get; set; }

    /// <summary>The result of golden samples in the next builds.</summary>
    public SamplesReport? Samples { get; set; }

    /// <summary>The workers that were built and not disposed: what is in memory.</summary>
    public IReadOnlyList<FakeWorker> Live
    {
        get
        {
            lock (gate)
                return [.. workers.Where(worker => !worker.IsDisposed)];
        }
    }

    public Task CheckSamplesAsync(ResolvedModel model, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task KeepVerificationAsync(ModelVersion version, BuiltModel built, StoredFile weights) => Task.CompletedTask;

    public async Task<BuiltModel> BuildAsync(
        ModelVersion version,
        WeightsSource source,
        IReadOnlyList<SampleDefinition> samples,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (OnBuild is { } hook)
            await hook(version, source, cancellationToken);
        var network = version.Resolved.Analysis;
        var weights = source switch
        {
            RandomWeights => LoadedWeights.None(network),
            StoredWeights => version.Current.Weights!,
            _ => new LoadedWeights(null, [], WeightsState.Loaded, null),
        };
        var worker = new FakeWorker(version);
        lock (gate)
            workers.Add(worker);
        return new BuiltModel(
            worker,
            new ExecutionInfo("cpu", Backend.Plan, null, null),
            weights,
            Samples,
            clock.GetUtcNow()
        );
    }
}

/// <summary>A version in memory that computes nothing.</summary>
internal sealed class FakeWorker : IInferenceWorker
{
    private readonly Dictionary<string, Tensor> tensors;
    private bool isStored;

    public FakeWorker(ModelVersion version)
    {
        (Model, Version) = (version.Name, version.Version);
        tensors = version.Resolved.Analysis.StateDict.ToDictionary(spec => spec.Name, spec => zeros([.. spec.Shape]));
    }

    public string Model { get; }

    public int Version { get; }

    public bool IsDisposed { get; private set; }

    public (int Input, int Output) Counts => (4, 2);

    public Task Warm => Task.CompletedTask;

    public IReadOnlyDictionary<string, Tensor> StateDict =>
        IsDisposed || isStored ? throw new ObjectDisposedException(nameof(FakeWorker)) : tensors;

    public void FreeStateDict() => isStored = true;

    public Outcome<QueueReservation> Reserve(int count, Priority priority, TimeSpan deadline) =>
        new QueueReservation(this, count, priority, deadline);

    public void Release(QueueReservation reservation) => reservation.Inputs = 0;

    public Task<RunResult> RunAsync(
        QueueReservation reservation,
        IMemoryOwner<float> inputs,
        int count,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException();

    public void Dispose()
    {
        Assert.False(IsDisposed, $"{Model}@{Version} is freed twice.");
        IsDisposed = true;
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }
}
