using System.Globalization;
using ModelService.Imaging.Drawing;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;

namespace ModelService.Models.Explanation;

/// <summary>An explanation that was checked against its network, ready to be computed.</summary>
internal sealed class ExplanationTask
{
    // Of Integrated Gradients, along the shorter side.
    private const int DrawnBlocks = 28;

    private readonly ResolvedModel model;
    private readonly ExplanationTerms terms;
    private readonly PredictionInput input;
    private readonly LookedAt? layer;
    private readonly OcclusionGrid? grid;
    private readonly int? chosen;

    private ExplanationTask(
        ResolvedModel model,
        ExplanationTerms terms,
        PredictionInput input,
        NetworkLayers layers,
        LookedAt? layer,
        OcclusionGrid? grid,
        int? chosen,
        int atOnce
    )
    {
        (this.model, this.terms, this.input) = (model, terms, input);
        (this.layer, this.grid, this.chosen) = (layer, grid, chosen);
        (Layers, AtOnce) = (layers, atOnce);
    }

    /// <summary>The network's layers.</summary>
    public NetworkLayers Layers { get; }

    /// <summary>Inputs that are computed at once.</summary>
    public int AtOnce { get; }

    private IReadOnlyList<long> InputSizes => model.Analysis.Input.Sizes;

    private bool IsPicture => InputSizes.Count == 3;

    /// <summary>Checks what is asked for.</summary>
    public static Outcome<ExplanationTask> Create(
        ResolvedModel model,
        ExplanationTerms terms,
        PredictionInput input,
        ExplanationOptions options
    )
    {
        var network = model.Analysis;
        if (network.Output.Rank != 1)
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The model '{model.Definition.Name}' gives {network.Output} instead of a score for each class: there "
                    + "is no score to explain. POST .../features shows what its layers give."
            );
        }

        if (CheckPicture(model, terms, input) is { } unfit)
            return unfit;
        if (!ClassChoice.Read(model, terms.Class).TryGet(out var choice, out var failure))
            return failure;
        var layers = NetworkLayers.Of(network);
        LookedAt? layer = null;
        if (IsCam(terms.Method))
        {
            var found = terms.Layer is null ? layers.Default() : layers.FindForMap(terms.Layer);
            if (!found.TryGet(out layer, out failure))
                return failure;
        }

        OcclusionGrid? grid = null;
        if (terms.Method == ExplanationMethod.Occlusion && !Grid(network, terms, options).TryGet(out grid, out failure))
            return failure;
        var isBatched = !IsCam(terms.Method) || terms.WithFaithfulness;
        var atOnce = isBatched ? ExplanationService.AtOnce(network, options) : 1;
        return new ExplanationTask(model, terms, input, layers, layer, grid, choice.Index, atOnce);
    }

    /// <summary>Computes and draws; on the lane's thread.</summary>
    public Outcome<ExplanationResult> Run(
        LoadedNetwork network,
        float[] numbers,
        ExplanationSource source,
        Preprocessor preprocessor,
        CancellationToken cancellationToken
    )
    {
        var explainer = network.Explainer;
        var raw = terms.Method switch
        {
            ExplanationMethod.IntegratedGradients => explainer.ByIntegration(
                numbers,
                Choose,
                terms.Steps,
                AtOnce,
                cancellationToken
            ),
            ExplanationMethod.Occlusion => explainer.ByOcclusion(numbers, Choose, grid!, AtOnce, cancellationToken),
            _ => explainer.ByActivations(terms.Method, layer!, numbers, Choose),
        };
        if (raw.Logits.Any(logit => !float.IsFinite(logit)) || raw.Map.Any(number => !double.IsFinite(number)))
            return InputScorer.NotFinite();
        cancellationToken.ThrowIfCancellationRequested();
        var heat = IsPicture ? Heat(raw) : null;
        Faithfulness? faithfulness = null;
        if (terms.WithFaithfulness)
        {
            using var forward = explainer.Forward();
            faithfulness = Faithfulness.Measure(
                forward,
                numbers,
                heat!.Resize((int)InputSizes[1], (int)InputSizes[2]),
                raw.Class,
                AtOnce,
                cancellationToken
            );
        }

        var (min, max) = (raw.Map.Min(), raw.Map.Max());
        var labels = model.Definition.Labels;
        return new ExplanationResult(
            source,
            terms.Method,
            raw.Route,
            layer?.Path,
            raw.Class,
            labels?[raw.Class],
            raw.Logits[raw.Class],
            Probabilities.FromLogits(raw.Logits)[raw.Class],
            new NumberGrid(
                raw.Sizes,
                [.. raw.Map.Select(number => (float)(layer is null ? number : Math.Max(number, 0)))]
            )
        )
        {
            Min = min,
            Max = max,
            Positive = raw.Map.Count(number => number > 0) / (double)raw.Map.Length,
            IsFlat = max <= 0 || max - min <= 1e-6 * Math.Max(Math.Abs(max), Math.Abs(min)),
            Completeness = raw.Completeness,
            Faithfulness = faithfulness,
            Grid = grid is null ? null : (grid.Window, grid.Stride),
            Picture = terms.Picture == ExplanationPicture.None ? null : Draw(heat!, numbers, preprocessor),
        };
    }

    private int Choose(float[] logits) => chosen ?? Array.IndexOf(logits, logits.Max());

    private byte[] Draw(HeatMap heat, float[] numbers, Preprocessor preprocessor)
    {
        if (terms.Picture == ExplanationPicture.Heat)
            return heat.Draw((int)InputSizes[1], (int)InputSizes[2], terms.WithLegend);
        if (terms.View == ExplanationView.Photo && input is EncodedImage photo)
        {
            // Large photos shrink: more pixels would show no more.
            const int ShorterSide = 1500,
                LongerSide = 6000;
            var whole = preprocessor.Shrink(photo.Encoded, model.Preprocessing!, ShorterSide, LongerSide);
            var frame = PictureFrame.Of(model.Preprocessing!, whole.Width, whole.Height);
            return heat.DrawOver(whole, frame, terms.WithLegend);
        }

        var seen = RestoredPicture.Of(numbers, model.Preprocessing!, (int)InputSizes[1], (int)InputSizes[2]);
        return heat.DrawOver(seen, PictureFrame.Whole, terms.WithLegend);
    }

    // What lifts the score, where it does.
    private HeatMap Heat(RawExplanation raw)
    {
        var (height, width) = ((int)InputSizes[1], (int)InputSizes[2]);
        if (grid is not null)
            return new HeatMap(grid.Spread(raw.Map), height, width);
        if (layer is not null)
            return new HeatMap(raw.Map, raw.Sizes[0], raw.Sizes[1]);
        // Single pixels can't be seen: blocks of them are, by their sums.
        var block = Math.Max(1, Math.Min(height, width) / DrawnBlocks);
        var (rows, columns) = ((height + block - 1) / block, (width + block - 1) / block);
        var sums = new double[rows * columns];
        for (var i = 0; i < raw.Map.Length; i++)
            sums[(i / width % height / block * columns) + (i % width / block)] += raw.Map[i];
        return new HeatMap(sums, rows, columns);
    }

    private static string Text(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static bool IsCam(ExplanationMethod method) =>
        method is not (ExplanationMethod.IntegratedGradients or ExplanationMethod.Occlusion);

    // Why there is no picture of what is asked for.
    private static Failure? CheckPicture(ResolvedModel model, ExplanationTerms terms, PredictionInput input)
    {
        var shape = model.Analysis.Input;
        var isDrawn = terms.Picture != ExplanationPicture.None;
        if (shape.Rank != 3 && (isDrawn || terms.WithFaithfulness))
        {
            var what = shape.Rank switch
            {
                1 => "a vector",
                2 => "a series",
                _ => "a volume",
            };
            var methods = shape.Rank == 1 ? "method=integrated_gradients" : "every method";
            return new Failure(
                ErrorCode.InputMismatch,
                $"The model '{model.Definition.Name}' takes {shape}, {what}: it has no picture to draw on, and no "
                    + $"faithfulness is measured. With output=json or output=safetensors, {methods} gives its numbers."
            );
        }

        if (terms.Picture == ExplanationPicture.Overlay && model.Preprocessing is null)
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The model '{model.Definition.Name}' takes {shape}, which is no picture of 1 or 3 channels: there is "
                    + "nothing to draw the map over. Ask for output=heat, json or safetensors."
            );
        }

        return isDrawn && terms.View == ExplanationView.Photo && input is not EncodedImage
            ? new Failure(
                ErrorCode.MalformedRequest,
                "view=photo needs a photo; a tensor was sent. Ask for view=input."
            )
            : null;
    }

    private static Outcome<OcclusionGrid> Grid(
        ArchitectureAnalysis network,
        ExplanationTerms terms,
        ExplanationOptions options
    )
    {
        if (network.Input.Rank == 1)
        {
            return new Failure(
                ErrorCode.InputMismatch,
                $"The network takes {network.Input}, a vector: there is no square to cover. "
                    + "method=integrated_gradients explains any network."
            );
        }

        var longest = network.Input.Sizes.Skip(1).Max();
        if (terms.Window > longest)
        {
            var larger =
                $"A square of {Text(terms.Window.Value)} is larger than the input {network.Input}; "
                + $"at most {Text((int)longest)} fits.";
            return new Failure(ErrorCode.MalformedRequest, larger) { Errors = [new ErrorDetail("?window", larger)] };
        }

        var (window, stride) = OcclusionGrid.Default(network.Input.Sizes);
        window = terms.Window ?? window;
        stride = terms.Stride ?? (terms.Window is null ? stride : Math.Max(1, window / 2));
        var grid = new OcclusionGrid(network.Input.Sizes, window, stride);
        if (grid.Count <= options.MaxWindows)
            return grid;
        var (count, most) = (Text(grid.Count), Text(options.MaxWindows));
        var detail =
            $"Squares of {window} every {stride} cover the input {count} times; at most {most} are allowed. "
            + "Choose a larger stride.";
        return new Failure(ErrorCode.MalformedRequest, detail) { Errors = [new ErrorDetail("?stride", detail)] };
    }
}
