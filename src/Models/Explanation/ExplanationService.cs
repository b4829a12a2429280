using System.Globalization;
using Microsoft.Extensions.Options;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Tensors;

namespace ModelService.Models.Explanation;

/// <summary>
/// Explains scores and shows what layers see, for every front door: finds the version, checks the request, computes
/// behind predictions, and draws.
/// </summary>
public sealed partial class ExplanationService
{
    private const string LeaseHolder = "explanation";

    // Computing with gradients keeps all activations, and makes a gradient of each; and libtorch works beside them.
    private const int MemoryFactor = 3;

    private readonly VersionLoader loader;
    private readonly StateDictCache tensors;
    private readonly InputScorer scorer;
    private readonly Preprocessor preprocessor;
    private readonly ExplanationLane lane;
    private readonly PlanCache plans;
    private readonly MemoryBudget budget;
    private readonly PlanProbe probe;
    private readonly ExplanationOptions options;
    private readonly ArchitectureLimits limits;

    internal ExplanationService(
        VersionLoader loader,
        StateDictCache tensors,
        InputScorer scorer,
        Preprocessor preprocessor,
        ExplanationLane lane,
        PlanCache plans,
        MemoryBudget budget,
        PlanProbe probe,
        IOptions<ExplanationOptions> options,
        IOptions<ArchitectureLimits> limits
    )
    {
        (this.loader, this.tensors, this.scorer, this.preprocessor) = (loader, tensors, scorer, preprocessor);
        (this.lane, this.plans, this.budget, this.probe) = (lane, plans, budget, probe);
        (this.options, this.limits) = (options.Value, limits.Value);
    }

    /// <summary>Requests that wait or are being computed.</summary>
    public int Active => lane.Active;

    /// <summary>Explains a score of an input.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="input">The input.</param>
    /// <param name="terms">What is to be explained, and how.</param>
    /// <param name="cancellationToken">Fires when the client disconnects: the work ends at its next step.</param>
    /// <returns>
    /// The explanation; or <see cref="ErrorCode.ModelNotFound"/>, <see cref="ErrorCode.VersionNotFound"/>,
    /// <see cref="ErrorCode.ModelNotReady"/>; <see cref="ErrorCode.MalformedRequest"/>: no such layer or class, or the
    /// layer has no places; <see cref="ErrorCode.InputMismatch"/>: the input or what is asked for does not fit the
    /// network; an error of the photo; <see cref="ErrorCode.Overloaded"/>, <see cref="ErrorCode.OutOfMemory"/>,
    /// <see cref="ErrorCode.DeadlineExceeded"/>.
    /// </returns>
    public Task<Outcome<ExplanationResult>> ExplainAsync(
        string name,
        int? version,
        PredictionInput input,
        ExplanationTerms terms,
        CancellationToken cancellationToken
    ) =>
        OnVersionAsync(
            name,
            version,
            terms.Timeout,
            (lease, token) => ExplainAsync(lease, input, terms, token),
            cancellationToken
        );

    // The way of every request about a version: admitted, and with the version held in memory until it ends.
    private Task<Outcome<T>> OnVersionAsync<T>(
        string name,
        int? version,
        TimeSpan? timeout,
        Func<ModelLease, CancellationToken, Task<Outcome<T>>> work,
        CancellationToken cancellationToken
    )
        where T : class =>
        lane.AdmitAsync(
            timeout,
            async token =>
            {
                var leased = await loader.LeaseAsync(name, version, LeaseHolder, token);
                if (!leased.TryGet(out var lease, out var failure))
                    return failure;
                using (lease)
                    return await work(lease, token);
            },
            cancellationToken
        );

    private async Task<Outcome<ExplanationResult>> ExplainAsync(
        ModelLease lease,
        PredictionInput input,
        ExplanationTerms terms,
        CancellationToken cancellationToken
    )
    {
        var model = lease.Snapshot.Resolved!;
        if (!ExplanationTask.Create(model, terms, input, options).TryGet(out var task, out var failure))
            return failure;
        var numbers = new float[model.Analysis.Input.ElementCount];
        if (await scorer.PrepareAsync(model, input, numbers, cancellationToken) is { } unusable)
            return unusable;
        return await OnNetworkAsync(
            lease,
            task.Layers,
            task.AtOnce,
            network => task.Run(network, numbers, ExplanationSource.Of(lease), preprocessor, cancellationToken),
            cancellationToken
        );
    }

    // Computes with a version's network. Its memory is taken in the request's turn: what waits takes none.
    private Task<Outcome<T>> OnNetworkAsync<T>(
        ModelLease lease,
        NetworkLayers layers,
        int atOnce,
        Func<LoadedNetwork, Outcome<T>> work,
        CancellationToken cancellationToken
    )
        where T : class =>
        lane.InTurnAsync<Outcome<T>>(
            async () =>
            {
                var (device, model) = (lease.Snapshot.Execution!.Device, lease.Snapshot.Resolved!);
                if (ReserveOrFail(device, model, atOnce, out var memory) is { } full)
                    return full;
                using var reserved = memory;
                using var stored = await tensors.ReadAsync(lease, cancellationToken);
                return await lane.ComputeAsync(
                    () =>
                    {
                        using var network = new LoadedNetwork(lease, stored, layers.Graph, plans);
                        return work(network);
                    },
                    cancellationToken
                );
            },
            cancellationToken
        );

    // Reserves the memory that activations need; a failure when there is too little.
    private Failure? ReserveOrFail(string device, ResolvedModel model, int atOnce, out IDisposable? memory)
    {
        memory = null;
        var bytes = BytesOf(model.Analysis) * atOnce;
        if (bytes > options.MaxBytes)
        {
            return new Failure(
                ErrorCode.OutOfMemory,
                $"Looking into '{model.Definition.Name}' takes about {Text(bytes)} bytes for a single input; at most "
                    + $"{Text(options.MaxBytes)} are allowed (ModelService:Explanation:MaxBytes)."
            )
            {
                RetryAfter = Timeout.InfiniteTimeSpan,
            };
        }

        memory = budget.TryReserve(device, bytes);
        return memory is null ? budget.DoesNotFit("The explanation", device, bytes).Failure : null;
    }

    private static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Bytes that an explanation of one input computes with.</summary>
    internal static long BytesOf(ArchitectureAnalysis network) => MemoryFactor * network.ActivationBytes();

    /// <summary>Inputs that are computed at once within the limit on memory.</summary>
    internal static int AtOnce(ArchitectureAnalysis network, ExplanationOptions options) =>
        (int)
            Math.Clamp(
                options.MaxBytes / Math.Max(BytesOf(network), 1),
                1,
                Math.Min(PlanCache.MostAtOnce, CompiledModel.MaxBatchSizeOf(network))
            );
}
