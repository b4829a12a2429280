using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Storage;

/// <summary>
/// The models on the disk. A version is the folder <c>models/NAME/NUMBER/</c> with <c>definition.json</c>,
/// <c>weights.safetensors</c>, <c>manifest.json</c> and, if it has samples, <c>samples.json</c>. The settings of a
/// model are <c>models/NAME/model.json</c>. A version is written and flushed in a staging folder and then renamed into
/// its place; it is deleted by renaming it out first. So at any moment it is either complete or absent.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="reader">Reads stored versions.</param>
/// <param name="logger">Logs files that don't belong in the folder.</param>
public sealed partial class ModelStore(DataFolder folder, StoredVersionReader reader, ILogger<ModelStore> logger)
{
    internal const string Definition = "definition.json",
        Weights = "weights.safetensors",
        Samples = "samples.json",
        Manifest = "manifest.json",
        Settings = "model.json";
    private const string Replaced = ".old";

    private readonly Lock gate = new();

    /// <summary>Locks the data folder and lists its models, without reading their weights.</summary>
    /// <exception cref="FolderInUseException">Another server owns the folder.</exception>
    internal IReadOnlyList<StoredModel> Open()
    {
        folder.Open();
        if (!Directory.Exists(folder.Models))
            return [];
        var models = new DirectoryInfo(folder.Models).GetFileSystemInfos();
        return [.. models.AsParallel().AsOrdered().Select(Read).OfType<StoredModel>()];
    }

    /// <summary>The path of a version's weights file.</summary>
    internal string WeightsPath(string name, int version) => Path.Combine(PathOf(name, version), Weights);

    /// <summary>Reads the golden samples of a version; null when it has none.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="files">The version's files, by name.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>: the file can't be read, or is not the one that was written.
    /// </exception>
    internal IReadOnlyList<SampleDefinition>? ReadSamples(
        string name,
        int version,
        IReadOnlyDictionary<string, StoredFile> files
    ) =>
        files.GetValueOrDefault(Samples) is { } file
            ? StoredVersionReader.ReadSamples(Path.Combine(PathOf(name, version), Samples), file)
            : null;

    /// <summary>Stores a version.</summary>
    /// <param name="manifest">The version's manifest, without its files.</param>
    /// <param name="model">The version's definition.</param>
    /// <param name="weights">The content of its weights file; each part is valid until the next one is read.</param>
    /// <param name="samples">Its golden samples; null or empty when it has none.</param>
    /// <param name="replaces">Whether it replaces the stored version of the same number.</param>
    /// <returns>Its files, by name.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>. Nothing has changed then.
    /// </exception>
    internal IReadOnlyDictionary<string, StoredFile> Write(
        VersionManifest manifest,
        ResolvedModel model,
        IEnumerable<ReadOnlyMemory<byte>> weights,
        IReadOnlyList<SampleDefinition>? samples,
        bool replaces
    ) =>
        folder.Write(() =>
        {
            var staged = folder.NewStagingPath();
            try
            {
                DurableFiles.CreateFolder(staged);
                var files = new Dictionary<string, StoredFile>
                {
                    [Definition] = DurableFiles.Write(
                        Path.Combine(staged, Definition),
                        [JsonSerializer.SerializeToUtf8Bytes(ResolvedModelJson.Write(model), VersionManifest.Json)]
                    ),
                    [Weights] = DurableFiles.Write(Path.Combine(staged, Weights), weights),
                };
                if (samples is { Count: > 0 })
                {
                    files[Samples] = DurableFiles.Write(
                        Path.Combine(staged, Samples),
                        [JsonSerializer.SerializeToUtf8Bytes(samples, VersionManifest.Json)]
                    );
                }

                DurableFiles.Write(
                    Path.Combine(staged, Manifest),
                    [JsonSerializer.SerializeToUtf8Bytes(manifest with { Files = files }, VersionManifest.Json)]
                );
                DurableFiles.FlushFolder(staged);
                MoveIn(staged, PathOf(manifest.Name), PathOf(manifest.Name, manifest.Version), replaces);
                return files;
            }
            catch
            {
                if (Directory.Exists(staged))
                    Directory.Delete(staged, recursive: true);
                throw;
            }
        });

    /// <summary>Stores a model's settings.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>. Nothing has changed then.
    /// </exception>
    internal void Write(string name, ModelSettings settings) =>
        folder.Write(() =>
        {
            var (staged, path) = (folder.NewStagingPath(), Path.Combine(PathOf(name), Settings));
            DurableFiles.Write(staged, [JsonSerializer.SerializeToUtf8Bytes(settings, VersionManifest.Json)]);
            File.Move(staged, path, overwrite: true);
            DurableFiles.FlushFolder(PathOf(name));
            return true;
        });

    /// <summary>Deletes a model with all of its versions.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>. Nothing has changed then.
    /// </exception>
    internal void Remove(string name) => MoveOut(PathOf(name));

    /// <summary>Deletes a version.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>. Nothing has changed then.
    /// </exception>
    internal void Remove(string name, int version) => MoveOut(PathOf(name, version));

    private string PathOf(string name) => Path.Combine(folder.Models, name);

    private string PathOf(string name, int version) =>
        Path.Combine(PathOf(name), version.ToString(CultureInfo.InvariantCulture));

    private void MoveIn(string staged, string model, string version, bool replaces)
    {
        lock (gate)
        {
            var isNew = !Directory.Exists(model);
            DurableFiles.CreateFolder(model);
            if (isNew)
                DurableFiles.FlushFolder(folder.Models);

            // If the server is killed in between, Recover puts the old version back at the next start.
            if (replaces && Directory.Exists(version))
                Directory.Move(version, version + Replaced);
            try
            {
                Directory.Move(staged, version);
            }
            catch when (Directory.Exists(version + Replaced))
            {
                Directory.Move(version + Replaced, version);
                throw;
            }

            DurableFiles.FlushFolder(model);
        }

        if (replaces && Directory.Exists(version + Replaced))
            MoveOut(version + Replaced);
    }

    private void MoveOut(string path) =>
        folder.Write(() =>
        {
            var staged = folder.NewStagingPath();
            lock (gate)
            {
                if (!Directory.Exists(path))
                    return false;
                Directory.Move(path, staged);
                DurableFiles.FlushFolder(Path.GetDirectoryName(path)!);
            }

            Directory.Delete(staged, recursive: true);
            return true;
        });

    private StoredModel? Read(FileSystemInfo entry)
    {
        if (
            entry is not DirectoryInfo model
            || !Regex.IsMatch(model.Name, $@"\A(?:{ModelReference.NamePattern})\z", RegexOptions.CultureInvariant)
        )
        {
            LogForeign(entry.FullName);
            return null;
        }

        Recover(model);
        var versions = new List<StoredVersion>();
        foreach (var child in model.EnumerateFileSystemInfos())
        {
            if (
                child is DirectoryInfo
                && int.TryParse(child.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number > 0
                && child.Name == number.ToString(CultureInfo.InvariantCulture)
            )
            {
                versions.Add(reader.Read(child.FullName, model.Name, number));
            }
            else if (child.Name != Settings)
            {
                LogForeign(child.FullName);
            }
        }

        // The folder is empty when a server was killed after it created the folder, before the first version was moved
        // in.
        return versions.Count == 0
            ? null
            : new StoredModel(
                model.Name,
                reader.ReadSettings(Path.Combine(model.FullName, Settings)),
                [.. versions.OrderBy(version => version.Version)]
            );
    }

    // Finishes the replacements of versions that a killed server had begun: deletes the old version if the new one is
    // in its place, else moves the old one back.
    private void Recover(DirectoryInfo model)
    {
        if (!folder.IsWritable)
            return;
        foreach (var old in model.GetDirectories("*" + Replaced))
        {
            var version = old.FullName[..^Replaced.Length];
            if (Directory.Exists(version))
                old.Delete(recursive: true);
            else
                old.MoveTo(version);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Path} was not written by this server; it is ignored")]
    private partial void LogForeign(string path);
}
