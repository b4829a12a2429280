using System.Text.Json;
using ModelService.Imaging.Drawing;
using ModelService.Models.Backends;
using ModelService.Models.Errors;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Explanation;

/// <content>What layers give, and the filters of convolutions.</content>
public sealed partial class ExplanationService
{
    // Of a convolution after the first one, so many channels of a filter are drawn.
    private const int DrawnChannels = 16;

    /// <summary>Shows the output of a layer.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="layer">The layer's path; null: the last one with places before the head.</param>
    /// <param name="input">The input.</param>
    /// <param name="terms">Which channels, and how.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>The channels; or a failure as from an explanation.</returns>
    public Task<Outcome<FeatureResult>> ShowFeaturesAsync(
        string name,
        int? version,
        string? layer,
        PredictionInput input,
        FeatureTerms terms,
        CancellationToken cancellationToken
    ) =>
        OnVersionAsync(
            name,
            version,
            terms.Timeout,
            async (lease, token) =>
            {
                var model = lease.Snapshot.Resolved!;
                var layers = NetworkLayers.Of(model.Analysis);
                if (!(layer is null ? layers.Default() : layers.Find(layer)).TryGet(out var found, out var failure))
                    return failure;
                if (!ChannelRange.Of(found, terms).TryGet(out var range, out failure))
                    return failure;
                var numbers = new float[model.Analysis.Input.ElementCount];
                if (await scorer.PrepareAsync(model, input, numbers, token) is { } unusable)
                    return unusable;
                return await OnNetworkAsync<FeatureResult>(
                    lease,
                    layers,
                    atOnce: 1,
                    network =>
                    {
                        var values = network.Explainer.Output(found.Value, numbers);
                        return Show(ExplanationSource.Of(lease), found, values, range, terms);
                    },
                    token
                );
            },
            cancellationToken
        );

    /// <summary>Shows what a network without trained weights does with a photo. Nothing of it is stored.</summary>
    /// <param name="json">The architecture.</param>
    /// <param name="layer">The layer's path; null: the last one.</param>
    /// <param name="input">The input; a photo is resized to the network's input, with values of 0 to 1.</param>
    /// <param name="terms">Which channels, and how.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// The channels; or <see cref="ErrorCode.DefinitionInvalid"/>, <see cref="ErrorCode.PlanRejected"/>, and failures
    /// as from a model.
    /// </returns>
    public Task<Outcome<FeatureResult>> TryOutAsync(
        JsonElement json,
        string? layer,
        PredictionInput input,
        FeatureTerms terms,
        CancellationToken cancellationToken
    ) =>
        lane.AdmitAsync(
            terms.Timeout,
            async token =>
            {
                var (model, last) = ArchitectureReader.ReadAlone(json, limits);
                var network = model.Analysis;
                var layers = NetworkLayers.Of(network);
                if (!layers.Find(layer ?? last).TryGet(out var found, out var failure))
                    return failure;
                if (!ChannelRange.Of(found, terms).TryGet(out var range, out failure))
                    return failure;
                if (ReserveOrFail("cpu", model, 1, out var memory) is { } full)
                    return full;
                using var reserved = memory; // also while it is probed
                var numbers = new float[network.Input.ElementCount];
                if (await scorer.PrepareAsync(model, input, numbers, token) is { } unusable)
                    return unusable;
                await probe.ProbeAsync(model, "cpu", network.EstimateBytes(batchSize: 1), token);
                return await lane.ComputeAsync<Outcome<FeatureResult>>(
                    () =>
                    {
                        using var parameters = ParameterStore.Create(network.StateDict, seed: 1, []);
                        var explainer = new Explainer(layers.Graph, parameters, CPU, static _ => null);
                        var values = explainer.Output(found.Value, numbers);
                        token.ThrowIfCancellationRequested();
                        return Show(null, found, values, range, terms);
                    },
                    token
                );
            },
            cancellationToken
        );

    /// <summary>Shows the filters of a convolution.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version; null: the default.</param>
    /// <param name="layer">The convolution's path.</param>
    /// <param name="terms">Which filters, and how.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    /// <returns>
    /// The filters; or <see cref="ErrorCode.NotFound"/>: there is no such layer, or it is no convolution; and failures
    /// as of features.
    /// </returns>
    public Task<Outcome<FeatureResult>> ShowFiltersAsync(
        string name,
        int? version,
        string layer,
        FeatureTerms terms,
        CancellationToken cancellationToken
    ) =>
        OnVersionAsync(
            name,
            version,
            terms.Timeout,
            async (lease, token) =>
            {
                var graph = lease.Snapshot.Resolved!.Analysis.ToPlan();
                if (!FindFilters(graph, layer).TryGet(out var filters, out var failure))
                    return failure;
                return await lane.InTurnAsync(
                    async () =>
                    {
                        using var stored = await tensors.ReadAsync(lease, token);
                        return await lane.ComputeAsync(
                            () => ShowFilters(ExplanationSource.Of(lease), layer, stored[filters], terms),
                            token
                        );
                    },
                    token
                );
            },
            cancellationToken
        );

    private static Outcome<FeatureResult> Show(
        ExplanationSource? source,
        LookedAt layer,
        float[] values,
        ChannelRange range,
        FeatureTerms terms
    )
    {
        var form = layer.Form ?? new SpatialForm(values.Length, []);
        var places = form.Places;
        var all = form.ByChannel(values);
        var shown = all[(range.First * places)..((range.First + range.Count) * places)];
        var tiles = shown.Chunk(places).ToList();
        var (height, width) = form.Sizes is [var rows, var columns] ? (rows, columns) : (1, places);
        return new FeatureResult(
            source,
            layer.Path,
            range.First,
            form.Channels,
            new NumberGrid([range.Count, .. form.Sizes], shown),
            tiles.ConvertAll(tile => ChannelStatistics.Of(tile)),
            terms.IsDrawn
                ? TileGrid.Draw(tiles, height, width, 0, terms.Colors, terms.IsShared, terms.WithLegend)
                : null
        );
    }

    private static Outcome<string> FindFilters(Plan graph, string layer)
    {
        var convolutions = graph
            .Operators.OfType<ConvolutionOperator>()
            .Where(item => item.Weights is NamedWeights)
            .ToDictionary(item => item.Key, item => ((NamedWeights)item.Weights).Name);
        if (convolutions.TryGetValue(layer, out var name))
            return name;
        var near = Suggestions.Nearest(layer, convolutions.Keys);
        return new Failure(
            ErrorCode.NotFound,
            graph.LayerOutputs.ContainsKey(layer)
                ? $"The layer '{layer}' is no convolution, so it has no filters"
                    + (
                        convolutions.Count == 0
                            ? "."
                            : $". The network's convolutions begin with '{convolutions.Keys.First()}'."
                    )
                : $"The network has no layer '{Suggestions.Shorten(layer)}'"
                    + (near is null ? "." : $"; did you mean '{near}'?")
        );
    }

    private static Outcome<FeatureResult> ShowFilters(
        ExplanationSource source,
        string layer,
        Tensor weights,
        FeatureTerms terms
    )
    {
        int[] sizes = [.. weights.shape.Select(size => (int)size)];
        if (!ChannelRange.Of("filters", sizes[0], terms).TryGet(out var range, out var failure))
            return failure;
        using var host = TensorMemory.OnHost(weights);
        var each = (int)(weights.numel() / sizes[0]);
        var shown = TensorMemory.Elements<float>(host).Slice(range.First * each, range.Count * each).ToArray();
        var filters = shown.Chunk(each).ToList();
        var isPicture = sizes.Length == 4;
        var (height, width) = isPicture ? (sizes[2], sizes[3]) : (1, each / sizes[1]);
        var isColored = isPicture && sizes[1] == 3;
        var columns = Math.Min(sizes[1], DrawnChannels);
        var tiles = isColored ? filters : [.. filters.SelectMany(filter => filter.Chunk(height * width).Take(columns))];
        return new FeatureResult(
            source,
            layer,
            range.First,
            sizes[0],
            new NumberGrid([range.Count, .. sizes[1..]], shown),
            filters.ConvertAll(filter => ChannelStatistics.Of(filter)),
            terms.IsDrawn
                ? TileGrid.Draw(
                    tiles,
                    height,
                    width,
                    isColored || columns == 1 ? 0 : columns,
                    terms.Colors,
                    terms.IsShared,
                    terms.WithLegend
                )
                : null
        );
    }
}
