using ModelService.Models.Backends;
using ModelService.Models.Graph;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Process;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Heads;

/// <summary>Computes the part of a network that stays as it is, once for each image, by its fused plan.</summary>
internal sealed class FeatureExtractor : IDisposable
{
    /// <summary>The most views of a training image that are computed: as it is, and random ones.</summary>
    public const int MostViews = 5;

    /// <summary>The most bytes of features that are kept.</summary>
    public const long MostBytes = 2L << 30;

    private const int AtOnce = 16;

    private readonly TrainingContext context;
    private readonly ParameterStore parameters;
    private readonly IExecutor executor;

    /// <summary>Builds the plan.</summary>
    /// <param name="context">The run; borrowed.</param>
    /// <param name="front">The part of the network.</param>
    public FeatureExtractor(TrainingContext context, Plan front)
    {
        this.context = context;
        parameters = context.Best.CopyTo(context.Device);
        Length = front.Output.Shape.ElementCount;
        Sizes = [.. front.Output.Shape.Sizes];
        executor = context.CreateExecutor(front, parameters, AtOnce);
    }

    /// <summary>Numbers of the features of an image.</summary>
    public long Length { get; }

    /// <summary>Sizes of the features of an image.</summary>
    public long[] Sizes { get; }

    /// <summary>Computes features.</summary>
    /// <param name="inputs">Gives the inputs.</param>
    /// <param name="images">Places of the images.</param>
    /// <param name="epoch">Which of the random changes of the pictures.</param>
    /// <param name="meter">Counts the images that are done.</param>
    /// <param name="done">Images that were done before, for the meter.</param>
    /// <param name="until">Seconds of the run after which no further images are computed.</param>
    /// <returns>
    /// The features <c>[N, ...]</c> of the first images, of all if the time suffices; the current dispose scope owns
    /// them.
    /// </returns>
    public Tensor Compute(
        IInputs inputs,
        int[] images,
        long epoch,
        ProgressMeter meter,
        long done,
        double until = double.PositiveInfinity
    )
    {
        using var scope = NewDisposeScope();
        using var usual = inference_mode(false);
        var result = empty([images.Length, .. Sizes], ScalarType.Float32);
        var count = 0;
        var batches = new Batches(inputs, images, context.Ids, context.Labels, AtOnce, seed: null);
        for (var step = 0; count < images.Length && (count == 0 || context.Clock.Elapsed < until); step++)
        {
            using var ofBatch = NewDisposeScope();
            using var untracked = no_grad();
            using var batch = batches.Create((epoch * batches.Count) + step, context.Threads);
            var size = batch.Inputs.shape[0];
            using (inference_mode())
                result.narrow(0, count, size).copy_(executor.Forward(batch.Inputs.to(context.Device)));
            count += (int)size;
            for (var image = 1; image <= size; image++)
                meter.Add(done + count - size + image);
        }

        return result.narrow(0, 0, count).clone().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        executor.Dispose();
        parameters.Dispose();
    }
}

/// <summary>Inputs that are features which were computed before.</summary>
/// <param name="features">The features <c>[views · N, ...]</c>, view by view; borrowed.</param>
/// <param name="rows">The row of each image within a view.</param>
/// <param name="views">How many views there are; the epochs take turns.</param>
internal sealed class FeatureInputs(Tensor features, IReadOnlyDictionary<int, int> rows, int views) : IInputs
{
    private readonly int length = (int)(features.numel() / features.shape[0]);

    /// <inheritdoc/>
    public long[] Sizes { get; } = features.shape[1..];

    /// <inheritdoc/>
    public void Write(int image, long epoch, Span<float> destination)
    {
        var row = (rows.Count * (epoch % views)) + rows[image];
        TensorMemory.Elements<float>(features).Slice((int)row * length, length).CopyTo(destination);
    }
}
