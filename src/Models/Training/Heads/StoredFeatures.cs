using ModelService.Models.Graph;
using ModelService.Models.Training.Data;
using ModelService.Models.Training.Process;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Heads;

/// <summary>
/// The features of all training and validation images before the part of a network that is trained: training then
/// computes that part only. Each epoch takes another of a few random views.
/// </summary>
internal sealed class StoredFeatures : IDisposable
{
    // Of the phase's time: below this, the epochs that are saved are worth more than the features cost.
    private const double ShareOfTime = 0.4;

    private readonly Tensor train;
    private readonly Tensor val;

    private StoredFeatures(Tensor train, Tensor val, int[] trainImages, int[] valImages, int views)
    {
        (this.train, this.val) = (train, val);
        Train = new FeatureInputs(train, Rows(trainImages), views);
        Val = new FeatureInputs(val, Rows(valImages), 1);
    }

    /// <summary>The training images.</summary>
    public IInputs Train { get; }

    /// <summary>The validation images.</summary>
    public IInputs Val { get; }

    /// <summary>Computes the features.</summary>
    /// <param name="context">The run; borrowed.</param>
    /// <param name="cut">The network, cut before what is trained.</param>
    /// <param name="phase">The phase that they are for.</param>
    /// <param name="share">The share of the time left that the phase may take.</param>
    /// <returns>The features; null when they would take too much time or memory.</returns>
    public static StoredFeatures? TryCompute(TrainingContext context, GraphCut cut, string phase, double share)
    {
        var (images, valImages) = (context[ImagePart.Train], context[ImagePart.Val]);
        var bytes = cut.Value.Shape.ElementCount * sizeof(float);
        var byMemory = ((FeatureExtractor.MostBytes / bytes) - valImages.Length) / images.Length;
        var byTime = context.SecondsOfImage is { } seconds
            ? (long)
                Math.Min(
                    FeatureExtractor.MostViews,
                    ShareOfTime * share * context.Clock.Left / (seconds * images.Length)
                )
            : 1;
        var views = Math.Min(Math.Min(byMemory, byTime), context.IsAugmented ? FeatureExtractor.MostViews : 1);
        var count = (views * images.Length) + valImages.Length;
        if (views < 1 || context.Clock.Elapsed + (count * context.SecondsOfImage) > context.Clock.End)
            return null;
        context.Report.Phase(phase, $"Computes the features of {count} pictures.");
        var meter = new ProgressMeter(context, phase, count);
        using var scope = NewDisposeScope();
        using var extractor = new FeatureExtractor(context, cut.Front);
        var plain = new PictureInputs(context.Pictures, context.Ids, context.Sizes, seed: null);
        var changed = new PictureInputs(context.Pictures, context.Ids, context.Sizes, context.Job.Definition.Seed);
        var val =
            valImages.Length == 0
                ? zeros([1, .. extractor.Sizes])
                : extractor.Compute(plain, valImages, 0, meter, done: 0);
        var parts = new List<Tensor>();
        for (var view = 0; view < views; view++)
        {
            var done = valImages.Length + ((long)view * images.Length);
            parts.Add(extractor.Compute(view == 0 ? plain : changed, images, view, meter, done));
        }

        return new StoredFeatures(
            cat([.. parts]).DetachFromDisposeScope(),
            val.DetachFromDisposeScope(),
            images,
            valImages,
            (int)views
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        train.Dispose();
        val.Dispose();
    }

    private static Dictionary<int, int> Rows(int[] images) =>
        images.Index().ToDictionary(item => item.Item, item => item.Index);
}
