using System.IO.Compression;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Files;
using ModelService.Models.Datasets.Shared;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Storage.Postgres;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Datasets.Support;

/// <summary>
/// A catalogue of data sets over a temporary data folder; or, with stores that servers share, one of these servers.
/// </summary>
internal sealed class DatasetHarness(DatasetOptions? limits = null, SharedStores? shared = null) : IDisposable
{
    private static readonly CancellationToken Token = CancellationToken.None;

    private readonly List<string> roots = [];
    private readonly List<IAsyncDisposable> databases = [];
    private BlobFiles? blobs;

    /// <summary>A catalogue over a data folder, which is open.</summary>
    public static DatasetHarness OnFolder(DatasetOptions? limits = null)
    {
        var harness = new DatasetHarness(limits);
        harness.OpenAsync().GetAwaiter().GetResult(); // nothing of it is asynchronous
        return harness;
    }

    /// <summary>The most bytes of the cache of blobs.</summary>
    public long CacheBytes { get; init; } = long.MaxValue;

    public string Root => roots[^1];

    public DataFolder Folder { get; private set; } = null!;

    public DatasetTable Table { get; private set; } = null!;

    public IDatasetStore Store { get; private set; } = null!;

    public IStoreSync Sync { get; private set; } = null!;

    public DatasetCatalog Catalog { get; private set; } = null!;

    public BlobFiles Blobs => blobs!;

    public BlobCache Cache => Blobs.Cache;

    /// <summary>Whether it learns nothing of what other servers change.</summary>
    public bool IsDeaf { get; init; }

    public string FolderOf(string name) => Path.Combine(Root, "datasets", name);

    public string[] Staged() => Directory.GetFileSystemEntries(Path.Combine(Root, ".staging"));

    /// <summary>Whether a file of this server, or of the blobs, has bytes in it.</summary>
    public bool HasOnDisk(byte[] bytes) =>
        new[] { Root, shared?.Blobs }
            .OfType<string>()
            .Where(Directory.Exists)
            .SelectMany(root => Directory.GetFiles(root, "*", SearchOption.AllDirectories))
            .Where(path => Path.GetFileName(path) != ".lock")
            .Any(path => File.ReadAllBytes(path).AsSpan().IndexOf(bytes) >= 0);

    public void Dispose()
    {
        Close();
        foreach (var root in roots)
            Directory.Delete(root, recursive: true);
        shared?.Dispose();
    }

    /// <summary>Starts again; a server that shares its stores then has an empty folder.</summary>
    public async Task RestartAsync(bool readOnly = false, bool keepsRoot = false)
    {
        Close();
        if (shared is not null && !keepsRoot)
            roots.Add(NewRoot());
        await OpenAsync(readOnly);
    }

    public Dataset Find(string name, int? revision = null) => Catalog.Find(name, revision).OrThrow();

    /// <summary>Uploads single images, each with its label.</summary>
    public Task<UploadResult> AddAsync(string name, params (string Label, byte[] Bytes)[] images) =>
        AddAsync(name, new UploadTerms(), images);

    public async Task<UploadResult> AddAsync(
        string name,
        UploadTerms terms,
        params (string Label, byte[] Bytes)[] images
    )
    {
        var parts = new List<UploadPart>();
        var offset = 0L;
        foreach (var (label, bytes) in images)
        {
            parts.Add(new UploadPart($"{label}.png", label, offset, bytes.Length));
            offset += bytes.Length;
        }

        await using var file = Stage([.. images.SelectMany(image => image.Bytes)]);
        return (await Catalog.AddAsync(name, new DatasetUpload(file, parts, terms), Token)).OrThrow();
    }

    public async Task<UploadResult> AddZipAsync(string name, byte[] zip, UploadTerms? terms = null)
    {
        await using var file = Stage(zip);
        return (await Catalog.AddAsync(name, Upload(file, terms), Token)).OrThrow();
    }

    public static DatasetUpload Upload(FileStream file, UploadTerms? terms = null) =>
        new(file, [new UploadPart("upload.zip", null, 0, file.Length)], terms ?? new UploadTerms()) { IsZip = true };

    public static FileStream Stage(byte[] bytes)
    {
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            4096,
            FileOptions.DeleteOnClose
        );
        file.Write(bytes);
        file.Flush();
        return file;
    }

    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(bytes);
            }
        }

        return zip.ToArray();
    }

    public async Task OpenAsync(bool readOnly = false)
    {
        if (roots.Count == 0)
            roots.Add(NewRoot());
        var files = StoreFactory.Create(Root, readOnly, out var folder);
        (Folder, Table) = (folder, new DatasetTable(Options.Create(limits ?? new DatasetOptions())));
        if (shared is null)
        {
            files.Dispose();
            Folder.Open();
            Store = new FolderDatasetStore(Folder, Table, NullLogger<FolderDatasetStore>.Instance);
        }
        else
        {
            Store = await OpenSharedAsync(shared, readOnly);
        }

        Sync = new OnlyFollower(IsDeaf);
        Catalog = new DatasetCatalog(
            Store,
            Table,
            Sync,
            Folder,
            new Preprocessor(Options.Create(new ImagingOptions())),
            new DecodePool(),
            Options.Create(limits ?? new DatasetOptions()),
            TimeProvider.System
        );
        await Catalog.OpenAsync(Token);
    }

    private static string NewRoot() => Directory.CreateTempSubdirectory("datasets-").FullName;

    private async Task<SharedDatasetStore> OpenSharedAsync(SharedStores stores, bool readOnly)
    {
        var options = new StorageOptions { Connection = stores.Connection, ReadOnly = readOnly };
        var database = new Database(options, NullLogger<Database>.Instance);
        databases.Add(database);
        blobs = new BlobFiles(
            new FileBlobStore(stores.Blobs),
            new BlobCache(Folder.Cache, CacheBytes),
            NullLogger<BlobFiles>.Instance
        );
        var models = new PostgresModelStore(
            database,
            blobs,
            Folder,
            new StoredVersionReader(Options.Create(new ArchitectureLimits()), NullLogger<StoredVersionReader>.Instance),
            Options.Create(options),
            Options.Create(new ClusterOptions()),
            TimeProvider.System
        );
        await models.OpenAsync(Token);
        return new SharedDatasetStore(
            database,
            blobs,
            models,
            Folder,
            Table,
            Options.Create(limits ?? new DatasetOptions()),
            Options.Create(new BlobOptions()),
            NullLogger<SharedDatasetStore>.Instance
        );
    }

    private void Close()
    {
        Catalog?.Dispose();
        (Store as IDisposable)?.Dispose();
        blobs?.Dispose();
        Folder?.Dispose();
        databases.ForEach(database => database.DisposeAsync().AsTask().GetAwaiter().GetResult());
        databases.Clear();
    }

    // Learns changes of other servers when it is asked to, and waits for none of them.
    private sealed class OnlyFollower(bool isDeaf) : IStoreSync
    {
        private Func<long, CancellationToken, Task> follow = (_, _) => Task.CompletedTask;

        private SemaphoreSlim Turn { get; } = new(1, 1);

        public void Share(Func<long, CancellationToken, Task> catchUp) => follow = catchUp;

        public async Task<long> CatchUpAsync(CancellationToken cancellationToken)
        {
            await Turn.WaitAsync(cancellationToken);
            try
            {
                if (!isDeaf)
                    await follow(0, cancellationToken);
                return 0;
            }
            finally
            {
                Turn.Release();
            }
        }

        public Task SettleAsync() => CatchUpAsync(CancellationToken.None);
    }
}

/// <summary>A database and a folder of blobs that servers share.</summary>
internal sealed class SharedStores(PostgresServer postgres) : IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("shared-").FullName;

    public string Connection { get; } = postgres.CreateDatabase();

    public string Blobs => Path.Combine(root, "blobs");

    public void Dispose()
    {
        if (Directory.Exists(root))
            Directory.Delete(root, recursive: true);
    }
}
