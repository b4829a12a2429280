using System.IO.Hashing;
using System.Text;
using ModelService.Imaging.Augmentation;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Eager;
using ModelService.Models.Evaluation;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Training.Data;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Process;

/// <summary>
/// What the phases of a run share: the job, its images and pictures, the time, and the best weights so far.
/// </summary>
internal sealed class TrainingContext : IDisposable
{
    private const int ScoredAtOnce = 64;

    // Share of the budget that measuring the result may take, and the fewest test images that tell something.
    private const double MostTimeToMeasure = 0.25;
    private const int LeastTested = 200;

    // Fewer pixels than this are digits and icons, which a random crop ruins.
    private const long LeastSideToAugment = 96;

    private readonly Dictionary<ImagePart, int[]> parts;
    private double secondsOfPlan;

    /// <summary>Prepares a run.</summary>
    /// <param name="job">The job.</param>
    /// <param name="best">The weights to begin with; owned.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="clock">The time of the run.</param>
    /// <param name="report">Where the run tells how far it is.</param>
    public TrainingContext(
        TrainingJob job,
        ParameterStore best,
        string folder,
        TrainingClock clock,
        TrainingReport report
    )
    {
        (Job, Best, Clock, Report) = (job, best, clock, report);
        Device = ComputeDevice.Find(job.Device);
        Graph = GraphCut.WithoutSoftmax(job.Model.Analysis.ToPlan());
        Ids = [.. job.Images.Select(image => image.Id)];
        Labels = [.. job.Images.Select(image => image.Label)];
        Sizes = [.. job.Model.Analysis.Input.Sizes];
        Augmentation =
            job.Definition.Augment
            ?? (Sizes.Skip(1).Min() >= LeastSideToAugment ? AugmentationDefinition.Light : AugmentationDefinition.None);
        Pictures = new Pictures(folder, job.Model.Preprocessing!, Augmentation);
        Checkpoint = new Checkpoint(Path.Combine(folder, TrainingJob.Checkpoint));
        parts = Enum.GetValues<ImagePart>().ToDictionary(part => part, _ => Array.Empty<int>());
    }

    /// <summary>The job.</summary>
    public TrainingJob Job { get; }

    /// <summary>The best weights so far, on the CPU.</summary>
    public ParameterStore Best { get; }

    /// <summary>The log loss of the best weights on the validation images; null when it is not known.</summary>
    public double? BestLoss { get; set; }

    /// <summary>The time of the run.</summary>
    public TrainingClock Clock { get; }

    /// <summary>Where the run tells how far it is.</summary>
    public TrainingReport Report { get; }

    /// <summary>The file that the run goes on from.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>Least seconds from one checkpoint to the next.</summary>
    public double SecondsBetweenCheckpoints { get; init; } = 1;

    /// <summary>The phases that have ended.</summary>
    public List<PhaseResult> Ended { get; } = [];

    /// <summary>The device that computes.</summary>
    public Device Device { get; }

    /// <summary>The network, as its layers emit it, without a softmax at its end.</summary>
    public Plan Graph { get; }

    /// <summary>The pictures.</summary>
    public Pictures Pictures { get; }

    /// <summary>How pictures are changed at random.</summary>
    public AugmentationDefinition Augmentation { get; }

    /// <summary>The hash of each image.</summary>
    public string[] Ids { get; }

    /// <summary>The class of each image.</summary>
    public int[] Labels { get; }

    /// <summary>Sizes of one input.</summary>
    public long[] Sizes { get; }

    /// <summary>The weight of each class in the loss; null: all are equal.</summary>
    public IReadOnlyList<double>? ClassWeights { get; private set; }

    /// <summary>Number of classes.</summary>
    public int Classes => Job.Model.ClassCount;

    /// <summary>Threads that compute.</summary>
    public int Threads => Job.Threads;

    /// <summary>Whether pictures are changed at random.</summary>
    public bool IsAugmented => !Augmentation.Equals(AugmentationDefinition.None);

    /// <summary>Places of the images of a part.</summary>
    public int[] this[ImagePart part] => parts[part];

    /// <summary>The network's tensors.</summary>
    public IReadOnlyList<TensorSpec> Specs => Job.Model.Analysis.StateDict;

    /// <summary>Leaves images out, and divides the others.</summary>
    /// <param name="unreadable">Places of images that can't be read.</param>
    public void Divide(IReadOnlyDictionary<int, string> unreadable)
    {
        foreach (var part in parts.Keys)
        {
            parts[part] =
            [
                .. Enumerable
                    .Range(0, Ids.Length)
                    .Where(image => Job.Images[image].Part == part && !unreadable.ContainsKey(image)),
            ];
        }

        if (Job.Definition.ClassWeights == ClassWeighting.None)
            return;
        var counts = this[ImagePart.Train].CountBy(image => Labels[image]).ToDictionary();
        var total = (double)this[ImagePart.Train].Length;
        ClassWeights =
        [
            .. Enumerable
                .Range(0, Classes)
                .Select(label => Math.Min(10, total / (Classes * Math.Max(1, counts.GetValueOrDefault(label))))),
        ];
    }

    /// <summary>The logits of images, by the weights as they are.</summary>
    /// <param name="score">Computes a batch on the device.</param>
    /// <param name="inputs">Gives the inputs.</param>
    /// <param name="images">Places of the images.</param>
    /// <returns>The logits, image by image.</returns>
    public LabelledLogits Score(Func<Tensor, Tensor> score, IInputs inputs, int[] images)
    {
        var logits = new float[images.Length * Classes];
        var batches = new Batches(inputs, images, Ids, Labels, ScoredAtOnce, seed: null);
        for (var step = 0; step * ScoredAtOnce < images.Length; step++)
        {
            using var scope = NewDisposeScope();
            using var batch = batches.Create(step, Threads);
            var output = score(batch.Inputs.to(Device)).cpu().contiguous();
            TensorMemory.Elements<float>(output).CopyTo(logits.AsSpan(step * ScoredAtOnce * Classes));
        }

        // A network that has diverged must not stop the run: such scores lose against any others.
        for (var i = 0; i < logits.Length; i++)
            logits[i] = float.IsFinite(logits[i]) ? logits[i] : 0;
        return new LabelledLogits(logits, images.Select(image => Labels[image]), Classes);
    }

    /// <summary>The logits of images, by the plan of the best weights so far.</summary>
    /// <param name="parts">Places of the images, part by part.</param>
    /// <returns>The logits of each part; null for one without images.</returns>
    public LabelledLogits?[] ScoreBest(params int[][] parts)
    {
        using var parameters = Best.CopyTo(Device);
        using var executor = CreateExecutor(Graph, parameters, ScoredAtOnce);
        var inputs = new PictureInputs(Pictures, Ids, Sizes, seed: null);
        return [.. parts.Select(images => images.Length == 0 ? null : Score(Forward, inputs, images))];

        Tensor Forward(Tensor input)
        {
            using var inference = inference_mode();
            return executor.Forward(input);
        }
    }

    /// <summary>Builds the executor of a part of the network: its fused plan, if that is right.</summary>
    /// <param name="graph">The part.</param>
    /// <param name="parameters">Its tensors; borrowed.</param>
    /// <param name="batchSize">Number of images that it computes at once.</param>
    public IExecutor CreateExecutor(Plan graph, ParameterStore parameters, int batchSize)
    {
        var begin = Clock.Elapsed;
        var verified = PlanVerification.Run(graph, parameters, Device, Precision.Float32, batchSize, null);
        secondsOfPlan = Clock.Elapsed - begin;
        return verified.Plan ?? new EagerExecutor(graph, parameters);
    }

    /// <summary>Seconds that the plan takes for an image; null: not known yet.</summary>
    public double? SecondsOfImage { get; private set; }

    /// <summary>
    /// Sets time aside for measuring the result and making the version, by the speed of the plan. Two plans are built:
    /// one measures, the other one serves.
    /// </summary>
    /// <param name="seconds">Seconds that an image takes.</param>
    public void ReserveFor(double seconds)
    {
        if (SecondsOfImage is null)
            SampleTest(seconds);
        SecondsOfImage = seconds;
        var images = this[ImagePart.Test].Length + this[ImagePart.Val].Length;
        Clock.Reserve = 1.2 * ((seconds * images) + (2 * secondsOfPlan));
    }

    /// <summary>A number for each image that is random by the run's seed.</summary>
    /// <param name="image">Place of the image.</param>
    public ulong Hash(int image) => XxHash3.HashToUInt64(Encoding.ASCII.GetBytes(Ids[image]), Job.Definition.Seed);

    // So many test images that training would have no time for them are measured in part: an evaluation of the version
    // can measure all.
    private void SampleTest(double seconds)
    {
        var test = this[ImagePart.Test];
        var most = Math.Max(LeastTested, (Clock.Budget * MostTimeToMeasure / seconds) - this[ImagePart.Val].Length);
        if (test.Length <= most)
            return;
        parts[ImagePart.Test] = [.. test.OrderBy(Hash).Take((int)most).Order()];
        Report.Warn(
            "test_sampled",
            $"The figures of the test images are those of {(int)most} of {test.Length}, chosen at random: all would "
                + "take too much of the time. An evaluation of the version measures all."
        );
    }

    /// <summary>Takes tensors over as the best ones.</summary>
    /// <param name="tensors">The tensors by name; borrowed.</param>
    public void Keep(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var untracked = no_grad();
        foreach (var (name, tensor) in tensors)
            Best[name].copy_(tensor);
    }

    /// <summary>Stores the state of the run.</summary>
    /// <param name="phase">The state of the phase that is running; null between phases.</param>
    /// <param name="tensors">Its tensors.</param>
    public void Save(PhaseState? phase, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var all = new Dictionary<string, Tensor>(tensors);
        foreach (var (name, tensor) in Best.StateDict)
            all.Add($"best.{name}", tensor);
        var state = new CheckpointState
        {
            Elapsed = Clock.Elapsed,
            CpuSeconds = CpuBefore + Environment.CpuUsage.TotalTime.TotalSeconds,
            Ended = Ended,
            BestLoss = BestLoss,
            Phase = phase,
        };
        Checkpoint.Write(state, all);
    }

    /// <summary>Seconds of processors that the run took before it was interrupted.</summary>
    public double CpuBefore { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Pictures.Dispose();
        Best.Dispose();
    }
}
