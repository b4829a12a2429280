using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Errors;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets;

/// <summary>
/// Lists and changes data sets: named sets of labelled images. Each change makes a new revision, and a revision never
/// changes. Thread-safe.
/// </summary>
public sealed partial class DatasetCatalog : IDisposable
{
    // The images of an upload are in the staging folder, and counted, until its change is made.
    private static readonly int UploadsAtOnce = Math.Max(2, Environment.ProcessorCount);

    private readonly IDatasetStore store;
    private readonly DatasetTable table;
    private readonly IStoreSync sync;
    private readonly DataFolder folder;
    private readonly Preprocessor preprocessor;
    private readonly DecodePool pool;
    private readonly DatasetOptions limits;
    private readonly TimeProvider clock;
    private readonly Lane changes = new(4);
    private readonly Lane intakes = new(UploadsAtOnce);
    private readonly SemaphoreSlim uploads = new(UploadsAtOnce, UploadsAtOnce);

    /// <summary>Creates the catalogue.</summary>
    internal DatasetCatalog(
        IDatasetStore store,
        DatasetTable table,
        IStoreSync sync,
        DataFolder folder,
        Preprocessor preprocessor,
        DecodePool pool,
        IOptions<DatasetOptions> options,
        TimeProvider clock
    )
    {
        (this.store, this.table, this.sync, this.folder) = (store, table, sync, folder);
        (this.preprocessor, this.pool, limits, this.clock) = (preprocessor, pool, options.Value, clock);
        sync.Share((_, cancellationToken) => store.FollowAsync(cancellationToken));
    }

    /// <summary>The number of images of all data sets, with those that were removed.</summary>
    public int Images => table.Usage.Images;

    /// <summary>The bytes of these images.</summary>
    public long Bytes => table.Usage.Bytes;

    /// <summary>The data sets, by name.</summary>
    public IReadOnlyList<DatasetListing> List() =>
        [.. table.List().Select(entry => new DatasetListing(entry.Name, entry.Current.Value, entry.Damage))];

    /// <summary>Finds a revision of a data set.</summary>
    /// <param name="name">The name of the data set.</param>
    /// <param name="revision">The number of the revision; null: the current one.</param>
    /// <returns>
    /// The revision; or <see cref="ErrorCode.DatasetNotFound"/> or <see cref="ErrorCode.DatasetUnavailable"/>.
    /// </returns>
    public Outcome<Dataset> Find(string name, int? revision = null) =>
        table.Find(name).TryGet(out var entry, out var failure) ? entry.Find(revision) : failure;

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
            var bytes = (await image.ReadAsync(cancellationToken)).ToArray();
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
        intakes.Dispose();
        uploads.Dispose();
    }

    /// <summary>Reads the stored data sets. A damaged one is listed as such; the others can be used.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task OpenAsync(CancellationToken cancellationToken)
    {
        await store.OpenAsync(cancellationToken);
        await sync.CatchUpAsync(cancellationToken);
    }

    /// <summary>Whether a text can be the name of a data set.</summary>
    internal static bool IsName(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"\A[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}

/// <summary>A data set in the list of all.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Current">Its current revision; null when it is damaged.</param>
/// <param name="Damage">Why it can't be read; null when it can.</param>
public sealed record DatasetListing(string Name, Dataset? Current, string? Damage);
