using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Reading;
using ModelService.Models.Scheduling;

namespace ModelService.Models.Storage.FileSystem;

/// <summary>
/// The models in the data folder. A version is the folder <c>models/NAME/NUMBER/</c> with <c>definition.json</c>,
/// <c>weights.safetensors</c>, <c>manifest.json</c> and, if it has samples, <c>samples.json</c>. The settings of a
/// model are <c>models/NAME/model.json</c>. A version is written and flushed in a staging folder and then renamed into
/// its place; it is deleted by renaming it out first. So at any moment it is either complete or absent.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="reader">Reads stored versions.</param>
/// <param name="logger">Logs files that don't belong in the folder.</param>
internal sealed partial class FileSystemModelStore(
    DataFolder folder,
    StoredVersionReader reader,
    ILogger<FileSystemModelStore> logger
) : IModelStore, IDisposable
{
    internal const string Definition = "definition.json",
        Samples = "samples.json",
        Manifest = "manifest.json",
        Settings = "model.json";
    private const string Replaced = ".old";

    // The files that are read, written or flushed at once. They wait for the disk, so there may be more than cores.
    private const int Width = 8;

    private readonly Lane lane = new(Width);
    private readonly Lock gate = new(); // of renames

    /// <inheritdoc/>
    public Failure? Refusal => folder.IsReadOnly ? DataFolder.ReadOnly : null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredModel>> OpenAsync(CancellationToken cancellationToken) =>
        lane.RunAsync<IReadOnlyList<StoredModel>>(
            () =>
            {
                folder.Open();
                if (!Directory.Exists(folder.Models))
                    return [];
                var models = new DirectoryInfo(folder.Models).GetFileSystemInfos();
                return [.. models.AsParallel().AsOrdered().Select(ReadOrReport).OfType<StoredModel>()];
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<Failure?> CheckWritableAsync(long bytes, CancellationToken cancellationToken) =>
        lane.RunAsync(() => folder.CheckWritable(bytes), cancellationToken);

    /// <inheritdoc/>
    public StorageSpace? MeasureSpace() => folder.Space;

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, StoredFile>> PutVersionAsync(
        VersionContent content,
        CancellationToken cancellationToken
    ) => lane.RunAsync(() => folder.Write(() => Put(content)), cancellationToken);

    /// <inheritdoc/>
    public Task<FileStream> OpenWeightsAsync(
        string name,
        int version,
        StoredFile expected,
        CancellationToken cancellationToken
    ) =>
        lane.RunAsync(
            () =>
                StoredVersionReader.OpenFile(
                    Path.Combine(PathOf(name, version), StoredFile.Weights),
                    expected,
                    ErrorCode.WeightsUnreadable
                ),
            cancellationToken
        );

    /// <inheritdoc/>
    public Task<IReadOnlyList<SampleDefinition>> ReadSamplesAsync(
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files,
        CancellationToken cancellationToken
    ) =>
        lane.RunAsync(
            () =>
                files.GetValueOrDefault(Samples) is { } file
                    ? StoredVersionReader.ReadSamples(Path.Combine(PathOf(name, version), Samples), file)
                    : [],
            cancellationToken
        );

    /// <inheritdoc/>
    public Task PutSettingsAsync(string name, ModelSettings settings) =>
        lane.RunAsync(() =>
            folder.Write(() =>
            {
                folder.Replace(Path.Combine(PathOf(name), Settings), ToJson(settings), flush: true);
                return true;
            })
        );

    /// <inheritdoc/>
    public Task RemoveAsync(string name) => lane.RunAsync(() => Remove(PathOf(name)));

    /// <inheritdoc/>
    public Task RemoveAsync(string name, int version) =>
        lane.RunAsync(() =>
        {
            // First what a replacement left of it: without the version, the next start would put that in its place.
            Remove(PathOf(name, version) + Replaced);
            return Remove(PathOf(name, version));
        });

    /// <inheritdoc/>
    public Task<string?> ReadProbeAsync(string key) =>
        lane.RunAsync(() =>
        {
            var path = Path.Combine(folder.Probes, key);
            return File.Exists(path) ? File.ReadAllText(path) : null;
        });

    /// <inheritdoc/>
    public Task PutProbeAsync(string key, string text) =>
        lane.RunAsync(() =>
        {
            if (folder.IsWritable)
                folder.Replace(Path.Combine(folder.Probes, key), System.Text.Encoding.UTF8.GetBytes(text));
            return true;
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<ModelReference>> ReadLastUsesAsync() =>
        lane.RunAsync(() => reader.ReadLastUses(folder.LastUses));

    /// <inheritdoc/>
    public Task PutLastUsesAsync(IReadOnlyList<ModelReference> versions) =>
        lane.RunAsync(() =>
        {
            if (folder.IsWritable)
                folder.Replace(folder.LastUses, ToJson(versions.Select(version => version.ToString())));
            return true;
        });

    /// <inheritdoc/>
    public void Dispose() => lane.Dispose();

    private static byte[] ToJson<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, VersionManifest.Json);

    private string PathOf(string name) => Path.Combine(folder.Models, name);

    private string PathOf(string name, int version) =>
        Path.Combine(PathOf(name), version.ToString(CultureInfo.InvariantCulture));

    private IReadOnlyDictionary<string, StoredFile> Put(VersionContent content)
    {
        var (manifest, staged) = (content.Manifest, folder.NewStagingPath());
        try
        {
            DurableFiles.CreateFolder(staged);
            var files = new Dictionary<string, StoredFile>
            {
                [Definition] = DurableFiles.Write(
                    Path.Combine(staged, Definition),
                    [ToJson(ResolvedModelJson.Write(content.Model))]
                ),
                [StoredFile.Weights] = DurableFiles.Write(Path.Combine(staged, StoredFile.Weights), content.Weights),
            };
            if (content.Samples.Count > 0)
                files[Samples] = DurableFiles.Write(Path.Combine(staged, Samples), [ToJson(content.Samples)]);
            DurableFiles.Write(Path.Combine(staged, Manifest), [ToJson(manifest with { Files = files })]);
            folder.FlushFolder(staged);
            MoveIn(staged, PathOf(manifest.Name), PathOf(manifest.Name, manifest.Version), content.Replaces);
            return files;
        }
        catch
        {
            folder.DeleteStaged(staged);
            throw;
        }
    }

    // The server may be killed between any two moves. Recover then finishes the replacement at the next start, or
    // undoes it.
    private void MoveIn(string staged, string model, string version, bool replaces)
    {
        var old = version + Replaced;
        lock (gate)
        {
            var isNew = !Directory.Exists(model);
            DurableFiles.CreateFolder(model);
            if (isNew)
                folder.FlushFolder(folder.Models);
            var isReplaced = replaces && Directory.Exists(version);
            if (isReplaced)
                folder.Move(version, old, flushed: version);
            try
            {
                folder.Move(staged, version, flushed: version);
            }
            catch when (isReplaced)
            {
                Directory.Move(old, version);
                throw;
            }
        }

        if (replaces)
            DiscardOld(old);
    }

    // Removes a version that was replaced. The replacement is done, whether or not this works.
    private void DiscardOld(string old)
    {
        try
        {
            Remove(old);
        }
        catch (ServingException exception)
        {
            LogNotDiscarded(exception, old);
        }
    }

    private bool Remove(string path)
    {
        var staged = folder.NewStagingPath();
        var isRemoved = folder.Write(() =>
        {
            lock (gate)
            {
                if (!Path.Exists(path))
                    return false;
                folder.Move(path, staged, flushed: path);
                return true;
            }
        });

        // It is removed now, whether or not its files can be deleted.
        if (isRemoved)
            folder.DeleteStaged(staged);
        return isRemoved;
    }

    [LoggerMessage(LogLevel.Warning, "{Path} was replaced and can't be removed now; the next start removes it")]
    private partial void LogNotDiscarded(Exception exception, string path);
}
