using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Predefined;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Weights;
using ModelService.Models.Weights.Onnx;

namespace ModelService.Models.Registry;

/// <summary>
/// Opens the source of a version's weights and compares it with the network, beside other slow work and not on web
/// threads.
/// </summary>
/// <param name="store">The stored versions.</param>
/// <param name="limits">The limits of a weights file.</param>
internal sealed class WeightsOpener(IModelStore store, IOptions<WeightsLimits> limits) : IDisposable
{
    // Files that are parsed at once. They wait for the disk, so there may be more than cores.
    private const int Width = 4;

    private readonly Lane lane = new(Width);

    /// <summary>Opens the source of a version's weights.</summary>
    /// <param name="version">The version.</param>
    /// <param name="source">The source.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tensors that fit; the caller disposes them after copying.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.WeightsUnreadable"/>, <see cref="ErrorCode.WeightsMismatch"/>;
    /// <see cref="ErrorCode.ModelNotReady"/>: the other version is not stored.
    /// </exception>
    public async Task<OpenedWeights> OpenAsync(
        ModelVersion version,
        WeightsSource source,
        CancellationToken cancellationToken
    )
    {
        var network = version.Resolved.Analysis;
        switch (source)
        {
            case UploadedWeights(var upload, var terms):
                return await lane.RunAsync(() => OpenUpload(network, upload, terms), cancellationToken);
            case BundledWeights(var bundled):
                return await lane.RunAsync(() => OpenBundled(network, bundled), cancellationToken);
            case VersionWeights(var other):
                var (file, _) = await OpenStoredAsync(other, cancellationToken);
                return Take(network, file.Tensors, other.Current.Weights?.RandomTensors ?? [], file);
            case TensorWeights(var stateDict):
                var tensors = new LiveTensors(stateDict);
                return Take(network, tensors.Tensors, [], tensors);
            case StoredWeights:
                var (own, snapshot) = await OpenStoredAsync(version, cancellationToken);
                return Guard(
                    () =>
                    {
                        var match = StateDictMatch.Compare(
                            network.StateDict,
                            own.Tensors,
                            network.Head?.Key,
                            prefix: "",
                            training: network.TrainingTensors
                        );
                        match.ThrowIfMismatched();
                        return new OpenedWeights(snapshot.Weights!, match.Pairs, [], own);
                    },
                    own
                );
            default:
                return new OpenedWeights(LoadedWeights.None(network), [], [], null);
        }
    }

    /// <summary>Reads a version's tensors from its own file: what serves it has packed weights instead.</summary>
    /// <param name="version">The version; stored.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The tensors on the CPU; the caller disposes them.</returns>
    /// <exception cref="ServingException">As of <see cref="OpenAsync"/>.</exception>
    public async Task<ParameterStore> ReadAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        using var opened = await OpenAsync(version, new StoredWeights(), cancellationToken);
        var network = version.Resolved.Analysis;
        return await lane.RunAsync(
            () => ParameterStore.Create(network.StateDict, seed: null, opened.Pairs),
            CancellationToken.None
        );
    }

    /// <summary>Compares a weights file with a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="upload">The file; closed when the call ends.</param>
    /// <param name="terms">The client's choices.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.WeightsUnreadable"/>.</exception>
    public Task<WeightsReport> CheckAsync(
        ResolvedModel model,
        WeightsUpload upload,
        WeightsTerms terms,
        CancellationToken cancellationToken
    ) =>
        lane.RunAsync(
            () =>
            {
                using var file = Open(model.Analysis, upload, terms);
                var report = LoadedWeights.From(model.Analysis, file, upload.Sha256, terms).Report!;
                FiniteWeights.Require(report.Pairs);
                return report;
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public void Dispose() => lane.Dispose();

    private WeightsFile Open(ArchitectureAnalysis network, WeightsUpload upload, WeightsTerms terms) =>
        WeightsFile.Open(upload.File, limits.Value, new StateDictSearch(network.StateDict, terms));

    private OpenedWeights OpenUpload(ArchitectureAnalysis network, WeightsUpload upload, WeightsTerms terms)
    {
        var file = Open(network, upload, terms);
        return Guard(
            () =>
            {
                var weights = LoadedWeights.From(network, file, upload.Sha256, terms);
                weights.Report!.ThrowIfMismatched(terms.AllowPartial);
                return new OpenedWeights(weights, weights.Report.Pairs, weights.Report.KeptPairs, file);
            },
            file
        );
    }

    private OpenedWeights OpenBundled(ArchitectureAnalysis network, PretrainedWeights bundled)
    {
        var known = PredefinedArchitectures.Find(bundled.Architecture)!.Analyze(new ArchitectureLimits());
        var file = WeightsFile.Open(bundled.Path, limits.Value);
        return Guard(
            () =>
            {
                var specs = known.StateDict.Where(spec => !known.Head!.Tensors.Contains(spec)).ToList();
                var tensors = new PretrainedTensors(file, specs, bundled.IsBgr);
                return Take(network, tensors.Tensors, [], tensors, file.Format);
            },
            file
        );
    }

    private async Task<(WeightsFile File, VersionSnapshot Snapshot)> OpenStoredAsync(
        ModelVersion version,
        CancellationToken cancellationToken
    )
    {
        var snapshot = version.Current;
        if (snapshot.WeightsFile is not { } expected)
            throw new ServingException(version.NotReady());
        var stream = await store.OpenWeightsAsync(version.Name, version.Version, expected, cancellationToken);
        return (await lane.RunAsync(() => WeightsFile.Open(stream, limits.Value), CancellationToken.None), snapshot);
    }

    private static OpenedWeights Take(
        ArchitectureAnalysis network,
        IReadOnlyList<StoredTensor> tensors,
        IReadOnlyList<string> randomAtSource,
        IDisposable owner,
        WeightsFormat? format = null
    ) =>
        Guard(
            () =>
            {
                var weights = LoadedWeights.From(network, tensors, randomAtSource, format);
                return new OpenedWeights(weights, weights.Report!.Pairs, weights.Report.KeptPairs, owner);
            },
            owner
        );

    private static OpenedWeights Guard(Func<OpenedWeights> open, IDisposable owner)
    {
        try
        {
            return open();
        }
        catch
        {
            owner.Dispose();
            throw;
        }
    }
}

/// <summary>The tensors that a version takes from a source that is open.</summary>
/// <param name="weights">The weights as the version describes them.</param>
/// <param name="pairs">The tensors to copy; valid until this is disposed.</param>
/// <param name="kept">The tensors to store beside them; valid until this is disposed.</param>
/// <param name="owner">The open source; owned.</param>
internal sealed class OpenedWeights(
    LoadedWeights weights,
    IReadOnlyList<TensorPair> pairs,
    IReadOnlyList<TensorPair> kept,
    IDisposable? owner
) : IDisposable
{
    /// <summary>The weights as the version describes them: without tensors, which end with the source.</summary>
    public LoadedWeights Weights { get; } =
        weights with
        {
            // Suggestions are for a file that is refused.
            Report = weights.Report is null
                ? null
                : weights.Report with
                {
                    Pairs = [],
                    KeptPairs = [],
                    Suggestions = [],
                },
        };

    /// <summary>The tensors to copy; valid until this is disposed.</summary>
    public IReadOnlyList<TensorPair> Pairs => pairs;

    /// <summary>
    /// The tensors to store beside them, which only training uses; valid until this is disposed. None of a version that
    /// is stored already.
    /// </summary>
    public IReadOnlyList<TensorPair> Kept => kept;

    /// <inheritdoc/>
    public void Dispose() => owner?.Dispose();
}
