using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Runs;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Int8;

/// <summary>
/// The quantizations in the background, for every front door: starts, lists, cancels and forgets them. Their errors are
/// <see cref="ErrorCode.QuantizationNotFound"/> and <see cref="ErrorCode.QuantizationConflict"/>.
/// </summary>
public sealed class QuantizationCatalog : RunCatalog<QuantizationRun>
{
    private readonly QuantizationService quantization;

    internal QuantizationCatalog(
        DataFolder folder,
        QuantizationService quantization,
        IRunStore<QuantizationRun> store,
        RunKind<QuantizationRun> kind,
        TimeProvider clock
    )
        : base(store, kind, folder, clock) => this.quantization = quantization;

    /// <summary>Starts a quantization, or queues it.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that one with 8-bit integers is made of.</param>
    /// <param name="images">20 to 500 images such as the model will see.</param>
    /// <param name="budget">How far its scores may be from those in float32.</param>
    /// <param name="cancellationToken">Fires when the client disconnects before it is queued.</param>
    /// <returns>
    /// The quantization; <see cref="ErrorCode.QuantizationRejected"/>, as far as that is known at once;
    /// <see cref="ErrorCode.ModelNotFound"/> and the like of the version; <see cref="ErrorCode.Overloaded"/>: too many
    /// wait; <see cref="ErrorCode.ReadOnly"/>, <see cref="ErrorCode.StorageUnavailable"/>.
    /// </returns>
    public Task<Outcome<RunStatus<QuantizationRun>>> StartAsync(
        string model,
        int version,
        CalibrationImages images,
        QuantizationBudget budget,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            if (quantization.Check(model, version, images.Count) is { } failure)
                throw new ServingException(failure);
            await CheckRoomAsync(cancellationToken);
            return await AddAsync(
                QuantizationImages.Measure(images),
                async staged =>
                {
                    var path = Path.Combine(staged, QuantizationKind.Images);
                    await QuantizationImages.WriteAsync(path, images, cancellationToken);
                    return (id, now) =>
                        new QuantizationRun
                        {
                            Id = id,
                            Model = model,
                            State = RunState.Queued,
                            Created = now,
                            From = new ModelReference(model, version).ToString(),
                            Images = images.Count,
                            MaxProbabilityChange = budget.MaxProbabilityChange,
                            MinAgreement = budget.MinAgreement,
                        };
                },
                cancellationToken
            );
        });
}
