using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>The tensors that a network takes from a file or from another model, and those that stay random.</summary>
/// <param name="Report">The comparison of the source with the network; null when there is no source.</param>
/// <param name="RandomTensors">Names of the tensors that stay random; counters never do.</param>
/// <param name="State">Whether all tensors were loaded, some, or none.</param>
/// <param name="Head">Whether a tensor of the head stays random; null in a network without a head.</param>
public sealed record LoadedWeights(
    WeightsReport? Report,
    IReadOnlyList<string> RandomTensors,
    WeightsState State,
    HeadState? Head
)
{
    /// <summary>
    /// The tensors of the version's file: those of the network, and after them those that are kept for its
    /// <c>training_only</c> layers.
    /// </summary>
    internal IReadOnlyList<TensorSpec> StoredTensors(ArchitectureAnalysis network) =>
        [
            .. network.StateDict,
            .. network.TrainingTensors.Join(
                Report?.Kept ?? [],
                spec => spec.Name,
                kept => kept.Name,
                (spec, kept) => spec with { Shape = kept.Shape }
            ),
        ];

    /// <summary>
    /// Whether all tensors of the network's <c>training_only</c> layers are kept, in the shapes of the network.
    /// </summary>
    public bool HasTrainingLayers(ArchitectureAnalysis network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return network.TrainingTensors.All(spec =>
            spec.IsCounter
            || (Report?.Kept ?? []).Any(kept => kept.Name == spec.Name && kept.Shape.SequenceEqual(spec.Shape))
        );
    }

    /// <summary>Without a source: all tensors are random.</summary>
    internal static LoadedWeights None(ArchitectureAnalysis network) => Complete(network, null, []);

    /// <summary>Takes the tensors that fit from a file; those that the file marks as random stay random.</summary>
    internal static LoadedWeights From(
        ArchitectureAnalysis network,
        WeightsFile file,
        string sha256,
        WeightsTerms terms
    )
    {
        var report = StateDictMatch.Compare(
            network.StateDict,
            file.Tensors,
            network.Head?.Key,
            file.Skipped,
            terms.Prefix,
            network.TrainingTensors
        );
        return Complete(
            network,
            report with
            {
                Format = file.Format,
                Wrapper = file.Wrapper,
                Sha256 = sha256,
                Sizes = new WeightsSizes(file.Length, 0, 0),
            },
            file.RandomTensors
        );
    }

    /// <summary>Takes the tensors that fit from another model; those that are random there stay random.</summary>
    internal static LoadedWeights From(
        ArchitectureAnalysis network,
        IReadOnlyList<StoredTensor> tensors,
        IReadOnlyList<string> randomAtSource,
        WeightsFormat? format = null
    ) =>
        Complete(
            network,
            StateDictMatch.Compare(
                network.StateDict,
                tensors,
                network.Head?.Key,
                prefix: "",
                training: network.TrainingTensors
            ) with
            {
                Format = format,
            },
            randomAtSource
        );

    private static LoadedWeights Complete(
        ArchitectureAnalysis network,
        WeightsReport? report,
        IReadOnlyList<string> randomAtSource
    )
    {
        List<string> stillRandom = [.. (report?.Loaded ?? []).Intersect(randomAtSource)];
        var loaded = (report?.Loaded ?? []).Except(stillRandom).ToHashSet();
        var needed = network.StateDict.Where(spec => !spec.IsCounter).Select(spec => spec.Name).ToList();
        List<string> random = [.. needed.Where(name => !loaded.Contains(name))];
        HeadState? head =
            network.Head is null ? null
            : network.Head.Tensors.Any(spec => random.Contains(spec.Name)) ? HeadState.Random
            : HeadState.Loaded;
        var state =
            random.Count == 0 ? WeightsState.Loaded
            : random.Count == needed.Count ? WeightsState.Random
            : WeightsState.Partial;
        var sizes = new WeightsSizes(
            report?.Sizes?.FileBytes,
            report?.Pairs.Sum(pair => pair.Expected.Bytes) ?? 0,
            network.StateDict.Sum(spec => spec.Bytes)
        );
        return new LoadedWeights(
            report is null ? null : report with { Head = head, Sizes = sizes, RandomAtSource = stillRandom },
            random,
            state,
            head
        );
    }
}
