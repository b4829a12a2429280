using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using ModelService.Models.Backends.Native;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Int8;

/// <summary>
/// Makes versions that compute with 8-bit integers of others, with images that calibrate them. One is made at a time,
/// on a thread that gets the processor time that predictions leave.
/// </summary>
public sealed class QuantizationService : IDisposable
{
    /// <summary>The fewest images that calibrate a version.</summary>
    public const int FewestImages = 20;

    /// <summary>The most images that calibrate a version.</summary>
    public const int MostImages = 500;

    private const string LeaseHolder = "quantization";
    private const int PreparedAtOnce = 16;
    private const int ComputedAtOnce = 8;
    private const int MostWaiting = 4;

    private readonly ModelCatalog catalog;
    private readonly VersionLoader loader;
    private readonly WeightsOpener weights;
    private readonly InputScorer scorer;
    private readonly PlanProbe probe;
    private readonly MemoryBudget memory;
    private readonly DatasetCatalog datasets;
    private readonly Lane lane = new(width: 1, NativeRuntime.PrepareBackgroundThread);
    private int inside;

    /// <summary>Creates the service.</summary>
    internal QuantizationService(
        ModelCatalog catalog,
        VersionLoader loader,
        WeightsOpener weights,
        InputScorer scorer,
        PlanProbe probe,
        MemoryBudget memory,
        DatasetCatalog datasets
    )
    {
        (this.catalog, this.loader, this.weights, this.scorer) = (catalog, loader, weights, scorer);
        (this.probe, this.memory, this.datasets) = (probe, memory, datasets);
    }

    /// <summary>Chooses images of a data set: every nth one, so that all classes are there.</summary>
    /// <param name="name">The data set's name.</param>
    /// <param name="revision">Its revision; null: the newest.</param>
    /// <param name="count">The most images.</param>
    /// <returns>The images, or <see cref="ErrorCode.DatasetNotFound"/>.</returns>
    public Outcome<CalibrationImages> FindImages(string name, int? revision, int count)
    {
        if (!datasets.Find(name, revision).TryGet(out var dataset, out var failure))
            return failure;
        var images = dataset.Images.OrderBy(image => image.Label, StringComparer.Ordinal).ToList();
        var chosen = Math.Min(count, images.Count);
        var places = Enumerable.Range(0, chosen).Select(i => (int)((long)i * images.Count / chosen));
        return CalibrationImages.From([.. places.Select(place => images[place])]);
    }

    /// <summary>Makes a version that computes with 8-bit integers.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version that it is made of.</param>
    /// <param name="images">20 to 500 images such as the model will see.</param>
    /// <param name="budget">How far its scores may be from those in float32.</param>
    /// <param name="cancellationToken">Fires when the client disconnects: then nothing is made.</param>
    /// <returns>
    /// The new version. <see cref="ErrorCode.QuantizationRejected"/>, and as of a prediction and of a new version: then
    /// nothing is made.
    /// </returns>
    public async Task<Outcome<VersionOfModel>> QuantizeAsync(
        string name,
        int version,
        CalibrationImages images,
        QuantizationBudget budget,
        CancellationToken cancellationToken
    )
    {
        try
        {
            if (Interlocked.Increment(ref inside) > MostWaiting)
            {
                return new Failure(ErrorCode.Overloaded, $"{MostWaiting} versions are being quantized or wait for it.")
                {
                    RetryAfter = TimeSpan.FromSeconds(30),
                };
            }

            var quantized = await CalibrateAsync(name, version, images, budget, null, cancellationToken);
            return quantized.TryGet(out var model, out var failure)
                ? await AddAsync(model, job: null, cancellationToken)
                : failure;
        }
        catch (ServingException exception)
        {
            return exception.Failure;
        }
        finally
        {
            Interlocked.Decrement(ref inside);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => lane.Dispose();

    /// <summary>Finds out whether a version can be quantized, as far as that is known at once.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version.</param>
    /// <param name="images">The number of images.</param>
    /// <returns>Why it can't; null when nothing speaks against it.</returns>
    internal Failure? Check(string name, int version, int images) =>
        catalog.Find(name, version).TryGet(out var found, out var failure)
            ? found.Version.Current is { Resolved: { } model } snapshot
                ? Refuse(model, snapshot, images)
                : found.Version.NotReady()
            : failure;

    /// <summary>Adds a quantized version.</summary>
    /// <param name="model">The version.</param>
    /// <param name="job">The job that ends with it, where servers share jobs; null: none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<Outcome<VersionOfModel>> AddAsync(
        ResolvedModel model,
        JobResult? job,
        CancellationToken cancellationToken
    ) => catalog.AddVersionAsync(model, upload: null, WeightsTerms.Default, cancellationToken, training: null, job);

    /// <summary>Finds how a version computes with 8-bit integers.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version that it is made of.</param>
    /// <param name="images">As of <see cref="QuantizeAsync"/>.</param>
    /// <param name="budget">As of <see cref="QuantizeAsync"/>.</param>
    /// <param name="progress">Is told how far it is; null: nobody wants to know.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The version to add, or as <see cref="QuantizeAsync"/>.</returns>
    /// <exception cref="ServingException">As of <see cref="QuantizeAsync"/>.</exception>
    internal async Task<Outcome<ResolvedModel>> CalibrateAsync(
        string name,
        int version,
        CalibrationImages images,
        QuantizationBudget budget,
        QuantizationProgress? progress,
        CancellationToken cancellationToken
    )
    {
        if (
            !(await loader.LeaseAsync(name, version, LeaseHolder, cancellationToken)).TryGet(
                out var lease,
                out var failure
            )
        )
        {
            return failure;
        }

        using var leasing = lease;
        var model = lease.Snapshot.Resolved!;
        if (Refuse(model, lease.Snapshot, images.Count) is { } refusal)
            return refusal;
        var needed =
            (images.Count * model.Analysis.Input.ElementCount * sizeof(float))
            + (2 * model.Analysis.EstimateBytes(ComputedAtOnce));
        using var reserved = memory.TryReserve("cpu", needed);
        if (reserved is null)
            throw memory.DoesNotFit($"Calibrating '{name}'", "cpu", needed);
        if (!(await PrepareAsync(model, images, progress, cancellationToken)).TryGet(out var inputs, out failure))
            return failure;

        // Where a native library crashes, only the probe ends.
        var graph = model.Analysis.ToPlan();
        var tried = model.With(QuantizableLayers.AnyFormats(graph));
        await probe.ProbeAsync(tried, "cpu", lease.Model.BuildBytes, cancellationToken);
        var read = await Outcome.OfAsync(() => weights.ReadAsync(lease.Model, cancellationToken));
        if (!read.TryGet(out var parameters, out failure))
            return catalog.Find(name, version).Failure ?? failure; // it may have been deleted meanwhile
        using var reading = parameters;
        var calibrated = await lane.RunAsync(
            () =>
            {
                using var quantizer = new Quantizer(graph, parameters, budget, progress, cancellationToken);
                try
                {
                    return quantizer.Run(inputs);
                }
                finally
                {
                    NativeTuning.ReturnMemoryOf(parameters.Dispose);
                }
            },
            cancellationToken
        );
        if (!calibrated.TryGet(out var quantization, out failure))
            return failure;
        if (Quantizer.RefuseSlower(quantization.Report!) is { } slower)
            return slower;
        return model.With(model.Definition with { From = $"{name}@{version}", Pretrained = false }).With(quantization);
    }

    private static Failure? Refuse(ResolvedModel model, VersionSnapshot snapshot, int images)
    {
        if (images is < FewestImages or > MostImages)
        {
            return Rejected(
                $"{images} images came; a calibration takes {FewestImages} to {MostImages}, such as the model will see."
            );
        }

        if (model.Definition.Precision != Precision.Float32)
        {
            return Rejected(
                $"The version computes in '{WireNames.Get(model.Definition.Precision)}'. "
                    + "Quantize a version that computes in 'float32'."
            );
        }

        if (snapshot.Execution is { } execution && execution.Device != "cpu")
            return Rejected($"The version computes on '{execution.Device}'; 'int8' is for processors.");
        return snapshot.Weights is { RandomTensors.Count: > 0 } weights
            ? Rejected(
                $"The version has random weights ('{weights.RandomTensors[0]}'): what is calibrated now would not fit "
                    + "those that come later. Load weights or train first."
            )
            : null;
    }

    private async Task<Outcome<List<float[]>>> PrepareAsync(
        ResolvedModel model,
        CalibrationImages images,
        QuantizationProgress? progress,
        CancellationToken cancellationToken
    )
    {
        var inputs = new List<float[]>();
        await foreach (var part in images.Inputs.Chunk(PreparedAtOnce).WithCancellation(cancellationToken))
        {
            var prepared = part.Select(_ => new float[model.Analysis.Input.ElementCount]).ToList();
            var failures = await Task.WhenAll(
                part.Zip(prepared, (image, input) => scorer.PrepareAsync(model, image, input, cancellationToken))
            );
            if (failures.OfType<Failure>().FirstOrDefault() is { } failure)
            {
                var number = inputs.Count + Array.IndexOf(failures, failure) + 1;
                return new Failure(
                    failure.Code,
                    string.Create(CultureInfo.InvariantCulture, $"Image {number} of {images.Count}: {failure.Detail}")
                );
            }

            inputs.AddRange(prepared);
            progress?.Invoke("images", inputs.Count, images.Count);
        }

        var different = inputs
            .Select(input => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(input.AsSpan())))
            .Distinct()
            .Count();
        return different < FewestImages
            ? Rejected(
                $"Of {inputs.Count} images, {different} are different to the network; a calibration needs "
                    + $"{FewestImages}."
            )
            : inputs;
    }

    private static Failure Rejected(string detail) => new(ErrorCode.QuantizationRejected, detail);
}
