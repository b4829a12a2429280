using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets;

/// <summary>
/// Lists and changes data sets: named sets of labelled images. Each change makes a new revision, and a revision never
/// changes. Thread-safe.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="preprocessor">Decodes images.</param>
/// <param name="pool">Decodes several at once.</param>
/// <param name="options">The limits.</param>
/// <param name="clock">The time of changes.</param>
/// <param name="logger">Logs damaged data sets.</param>
public sealed partial class DatasetCatalog(
    DataFolder folder,
    Preprocessor preprocessor,
    DecodePool pool,
    IOptions<DatasetOptions> options,
    TimeProvider clock,
    ILogger<DatasetCatalog> logger
) : IDisposable
{
    private readonly ConcurrentDictionary<string, DatasetEntry> entries = [];
    private readonly DatasetOptions limits = options.Value;
    private readonly DatasetUsage usage = new(options.Value);
    private readonly Lock creation = new(); // of new names
    private readonly Lane changes = new(4);
    private readonly Lane uploads = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>The number of images of all data sets, with those that were removed.</summary>
    public int Images => usage.Images;

    /// <summary>The bytes of these images.</summary>
    public long Bytes => usage.Bytes;

    /// <summary>The data sets, by name.</summary>
    public IReadOnlyList<DatasetListing> List() =>
        [
            .. entries
                .Values.OrderBy(entry => entry.Name, StringComparer.Ordinal)
                .Select(entry => new DatasetListing(entry.Name, entry.Current.Value, entry.Damage)),
        ];

    /// <summary>Finds a revision of a data set.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="revision">The number of the revision; null: the current one.</param>
    /// <returns>
    /// The revision; or <see cref="ErrorCode.DatasetNotFound"/> or <see cref="ErrorCode.DatasetUnavailable"/>.
    /// </returns>
    public Outcome<Dataset> Find(string name, int? revision = null) =>
        FindEntry(name).TryGet(out var entry, out var failure) ? entry.Find(revision) : failure;

    /// <summary>Makes a small copy of an image.</summary>
    /// <param name="image">The image.</param>
    /// <param name="size">The length of its longer side, in pixels; a smaller image keeps its own.</param>
    /// <param name="cancellationToken">Cancelled when the client leaves.</param>
    /// <returns>A JPEG; or <see cref="ErrorCode.ImageNotFound"/> or <see
    /// cref="ErrorCode.DatasetUnavailable"/>.</returns>
    public Task<Outcome<byte[]>> MakeThumbnailAsync(
        DatasetImage image,
        int size,
        CancellationToken cancellationToken
    ) =>
        Outcome.OfAsync(async () =>
        {
            var bytes = image.Read().ToArray();
            var (width, height) = (image.Width, image.Height);
            var small = await pool.RunAsync(
                () => Thumbnail.Make(preprocessor, bytes, width, height, size),
                cancellationToken
            );
            return small.OrThrow();
        });

    /// <inheritdoc/>
    public void Dispose()
    {
        changes.Dispose();
        uploads.Dispose();
    }

    /// <summary>Reads the stored data sets. A damaged one is listed as such; the others can be used.</summary>
    internal void Open()
    {
        if (!Directory.Exists(folder.Datasets))
            return;
        var names = new DirectoryInfo(folder.Datasets).GetDirectories().Select(item => item.Name).ToList();
        foreach (var foreign in names.Where(name => !IsName(name)))
            LogForeign(foreign);
        var opened = names
            .Where(IsName)
            .AsParallel()
            .Select(name => DatasetEntry.Open(folder, name, exception => LogDamaged(exception, name)));
        foreach (var entry in opened)
        {
            entries[entry.Name] = entry;
            usage.Change(entry.Images, entry.Bytes);
        }
    }

    private Outcome<DatasetEntry> FindEntry(string name) =>
        entries.TryGetValue(name, out var entry) ? entry : NotFound(name);

    private static Failure NotFound(string name) =>
        new(ErrorCode.DatasetNotFound, $"There is no data set '{Suggestions.Shorten(name)}'.");

    private static bool IsName(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [LoggerMessage(LogLevel.Warning, "{Name} in the folder of data sets was not written by this server; it is ignored")]
    private partial void LogForeign(string name);

    [LoggerMessage(LogLevel.Error, "The data set {Name} can't be read")]
    private partial void LogDamaged(Exception exception, string name);

    [LoggerMessage(LogLevel.Error, "Images of the data set {Name} can't be overwritten; the next start does it")]
    private partial void LogNotPurged(Exception exception, string name);
}

/// <summary>A data set in the list of all.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Current">Its current revision; null when it is damaged.</param>
/// <param name="Damage">Why it can't be read; null when it can.</param>
public sealed record DatasetListing(string Name, Dataset? Current, string? Damage);
