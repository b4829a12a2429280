using ModelService.Models.Language.Analysis;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>What a network gets from a file or from another model, and what stays random.</summary>
/// <param name="Report">How the one compares to the other; null when there is nothing to load.</param>
/// <param name="RandomTensors">Names of the tensors that are random; counters never are.</param>
/// <param name="State">All of them, some, or none.</param>
/// <param name="Head">Whether some of the head's are.</param>
internal sealed record LoadedWeights(
    WeightsReport? Report,
    IReadOnlyList<string> RandomTensors,
    WeightsState State,
    HeadState? Head
)
{
    /// <summary>Nothing is loaded.</summary>
    public static LoadedWeights None(ArchitectureAnalysis network) => Complete(network, null, []);

    /// <summary>What fits is loaded from a file; what it says is random still is.</summary>
    public static LoadedWeights From(ArchitectureAnalysis network, WeightsFile file, string sha256)
    {
        var report = StateDictMatch.Compare(network.StateDict, file.Tensors, network.Head?.Key);
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

    /// <summary>What fits is taken from another model.</summary>
    public static LoadedWeights From(
        ArchitectureAnalysis network,
        IReadOnlyList<StoredTensor> tensors,
        IReadOnlyList<string> randomThere
    ) => Complete(network, StateDictMatch.Compare(network.StateDict, tensors, network.Head?.Key), randomThere);

    private static LoadedWeights Complete(
        ArchitectureAnalysis network,
        WeightsReport? report,
        IReadOnlyList<string> randomThere
    )
    {
        List<string> stillRandom = [.. (report?.Loaded ?? []).Intersect(randomThere)];
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
