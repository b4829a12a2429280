using ModelService.Imaging.Preprocessing;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>
/// Takes the images of one upload into a pack: reads them one after another, decodes some at once, and writes them in
/// order.
/// </summary>
internal sealed class UploadIntake : IDisposable
{
    // Bounds the images that are decoded or wait for it. The next one may be as large as the limit.
    private const long MaxPendingBytes = 32 << 20;
    private static readonly int MaxPending = 4 * Environment.ProcessorCount;

    private readonly Preprocessor preprocessor;
    private readonly DecodePool pool;
    private readonly DatasetOptions limits;
    private readonly DatasetUsage usage;
    private readonly Dictionary<string, PackEntry> taken = [];
    private readonly HashSet<string> labels = [];
    private readonly Queue<(UploadedFile File, string Label, int Bytes, Task<Outcome<CheckedImage>> Check)> pending =
    [];
    private long pendingBytes;
    private long writtenBytes;
    private bool isReleased;

    /// <summary>Begins.</summary>
    /// <param name="preprocessor">Decodes images.</param>
    /// <param name="pool">Decodes several at once.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="usage">What all data sets take.</param>
    /// <param name="pack">Receives the images.</param>
    public UploadIntake(
        Preprocessor preprocessor,
        DecodePool pool,
        DatasetOptions limits,
        DatasetUsage usage,
        PackWriter pack
    ) => (this.preprocessor, this.pool, this.limits, this.usage, Pack) = (preprocessor, pool, limits, usage, pack);

    /// <summary>The images of the upload.</summary>
    public PackWriter Pack { get; }

    /// <summary>What became of the files.</summary>
    public UploadReport Report { get; } = new();

    /// <summary>Takes the images. Blocks its thread.</summary>
    /// <param name="content">The files.</param>
    /// <param name="known">The data set as it is now; null when there is none.</param>
    /// <param name="group">The group of all images.</param>
    /// <param name="cancellationToken">Cancelled when the client leaves.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DatasetTooLarge"/>: all of the upload is refused.
    /// </exception>
    public void Run(UploadContent content, Dataset? known, string? group, CancellationToken cancellationToken)
    {
        labels.UnionWith(known?.Classes ?? []);
        foreach (var file in content.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Begin(file, known, cancellationToken);
            while (pending.Count > MaxPending || pendingBytes > MaxPendingBytes)
                Finish(known, group);
        }

        while (pending.Count > 0)
            Finish(known, group);
        Pack.FlushImages();
    }

    /// <summary>The images of the pack that a data set does not have.</summary>
    /// <param name="current">The data set at the moment of the change; null when there is none.</param>
    public List<PackEntry> Select(Dataset? current) =>
        [.. Pack.Entries.Where(entry => current?.Find(entry.Id) is null)];

    /// <summary>Completes the report: what the data set has already, is reported as duplicates or failures.</summary>
    /// <param name="current">As of <see cref="Select"/>.</param>
    public void Complete(Dataset? current)
    {
        var kept = Pack.Entries.Where(entry => !IsTaken(entry, current?.Find(entry.Id))).ToList();
        foreach (var entry in kept)
            Report.Take(entry.Id, entry.Label, entry.Split, entry.FileName, isDuplicate: false);
        Report.Added = kept.Count;
    }

    /// <summary>The images stay: they are counted until their data set is deleted.</summary>
    /// <param name="images">How many of the pack are in the data set.</param>
    public void Keep(int images)
    {
        isReleased = true;
        usage.Change(images - Pack.Entries.Count, 0);
    }

    /// <summary>The images are no longer counted here: their data set counts those that it has.</summary>
    public void Release()
    {
        if (!isReleased)
            usage.Change(-Pack.Entries.Count, -writtenBytes);
        isReleased = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        Pack.Dispose();
    }

    private void Begin(UploadedFile file, Dataset? known, CancellationToken cancellationToken)
    {
        if (
            !CheckLabel(file.Label, known).TryGet(out var label, out var failure)
            || !Read(file, out var bytes, out failure)
        )
        {
            Report.Fail(file.FileName, failure);
            return;
        }

        pendingBytes += bytes.Length;
        var check = pool.RunAsync(() => ImageSignature.Check(preprocessor, bytes), cancellationToken);
        pending.Enqueue((file, label, bytes.Length, check));
    }

    private static bool Read(
        UploadedFile file,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? bytes,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Failure? failure
    ) => file.Read().TryGet(out bytes, out failure);

    private Outcome<string> CheckLabel(string? label, Dataset? known)
    {
        if (label is null)
        {
            return new Failure(
                ErrorCode.LabelInvalid,
                "The image has no label. Give one with ?label=, or put the image into a folder of that name."
            );
        }

        if (!LabelRules.Check(label).TryGet(out var normal, out var failure))
            return failure;
        if (known is { HasFixedClasses: true } && !labels.Contains(normal))
        {
            return new Failure(
                ErrorCode.LabelInvalid,
                $"'{normal}' is not a class of the data set."
                    + (Suggestions.Nearest(normal, known.Classes) is { } nearest ? $" Did you mean '{nearest}'?" : "")
            );
        }

        return normal;
    }

    private void Finish(Dataset? known, string? group)
    {
        var (file, label, bytes, check) = pending.Dequeue();
        pendingBytes -= bytes;
        if (!check.GetAwaiter().GetResult().TryGet(out var image, out var failure))
        {
            Report.Fail(file.FileName, failure);
            return;
        }

        var entry = new PackEntry(image.Id, label, image.Width, image.Height)
        {
            Split = file.Split,
            Group = group,
            FileName = LabelRules.Clean(file.FileName),
        };
        var earlier = taken.GetValueOrDefault(image.Id);
        var isTaken = earlier is null
            ? IsTaken(entry, known?.Find(image.Id))
            : IsTaken(entry, earlier.Label, earlier.Split);
        if (isTaken)
            return;
        if (labels.Add(label) && labels.Count > limits.MaxClasses)
            throw DatasetUsage.TooLarge($"a set of more than {limits.MaxClasses} classes", nameof(limits.MaxClasses));
        usage.Take(bytes);
        writtenBytes += bytes;
        Pack.Add(entry, image.Bytes, image.Signature);
        taken[image.Id] = entry;
    }

    private bool IsTaken(PackEntry entry, DatasetImage? image) =>
        image is not null && IsTaken(entry, image.Label, image.Split);

    // An image that is there already is a duplicate, unless more or another thing is said about it now.
    private bool IsTaken(PackEntry entry, string label, Split? split)
    {
        if (entry.Label == label && (entry.Split is null || entry.Split == split))
        {
            Report.Take(entry.Id, label, split, entry.FileName, isDuplicate: true);
            return true;
        }

        var place = split is { } known ? $"in the split {WireNames.Get(known)}" : "in no split";
        Report.Fail(
            entry.FileName,
            new Failure(
                ErrorCode.ImageExists,
                $"The same image is in the data set already, with the label '{label}' and {place}: {entry.Id}."
            )
        );
        return true;
    }
}
