using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Storage.FileSystem;

/// <summary>
/// Reads stored models and versions. A damaged one is reported in the result instead of by an exception.
/// </summary>
/// <param name="limits">The limits of an architecture.</param>
/// <param name="logger">Logs damaged files.</param>
public sealed partial class StoredVersionReader(
    IOptions<ArchitectureLimits> limits,
    ILogger<StoredVersionReader> logger
)
{
    private const string DamagedDefinition =
        $"{FileSystemModelStore.Definition} is damaged: its SHA-256 is not the one that it had when it was written.";

    /// <summary>The damage of files that fail in a way that was not foreseen.</summary>
    internal const string Unexpected = "Its files can't be read; the server's log has the details.";

    /// <summary>Reads a version. Of the weights and the samples, it checks only the sizes of the files.</summary>
    /// <param name="path">The version's folder.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    internal StoredVersion Read(string path, string name, int version) =>
        Read(
            () => ReadJson<VersionManifest>(Path.Combine(path, FileSystemModelStore.Manifest)),
            manifest => CheckFiles(manifest, path),
            () => File.ReadAllBytes(Path.Combine(path, FileSystemModelStore.Definition)),
            name,
            version
        );

    /// <summary>Reads a version from its texts, as a database has them.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="definition">The bytes of the definition.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    internal StoredVersion Read(string manifest, byte[] definition, string name, int version) =>
        Read(
            () => Parse<VersionManifest>(Encoding.UTF8.GetBytes(manifest), FileSystemModelStore.Manifest),
            _ => null,
            () => definition,
            name,
            version
        );

    /// <summary>Reads a model's settings from their text.</summary>
    /// <param name="text">The settings.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="damage">Why the settings can't be read; null when they can.</param>
    internal ModelSettings ParseSettings(string text, string name, out string? damage) =>
        Settings(
            () => Parse<ModelSettings>(Encoding.UTF8.GetBytes(text), FileSystemModelStore.Settings),
            name,
            out damage
        );

    /// <summary>Reads a model's settings; the default settings when it has none.</summary>
    /// <param name="path">The path of the file.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="damage">Why the settings can't be read; null when they can.</param>
    internal ModelSettings ReadSettings(string path, string name, out string? damage) =>
        Settings(() => Path.Exists(path) ? ReadJson<ModelSettings>(path) : new ModelSettings(), name, out damage);

    /// <summary>Reads the versions in the order of their last use; empty when the file is missing or damaged.</summary>
    internal IReadOnlyList<ModelReference> ReadLastUses(string path)
    {
        try
        {
            return File.Exists(path) ? [.. ReadJson<string[]>(path).Select(ModelReference.Parse)] : [];
        }
        catch (Exception exception)
        {
            LogUnreadableUses(path, exception.Message);
            return [];
        }
    }

    /// <summary>Reads a version's golden samples.</summary>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.StorageUnavailable"/>: the file can't be read, or is not the one that was written.
    /// </exception>
    internal static IReadOnlyList<SampleDefinition> ReadSamples(string path, StoredFile expected)
    {
        using var file = OpenFile(path, expected, ErrorCode.StorageUnavailable);
        return JsonSerializer.Deserialize<IReadOnlyList<SampleDefinition>>(file, VersionManifest.Json) ?? [];
    }

    /// <summary>
    /// Opens a file, after comparing its size and hash with those that were recorded when it was written.
    /// </summary>
    /// <returns>The file at its start; the caller disposes it.</returns>
    /// <exception cref="ServingException">The given code: the file can't be read, or is damaged.</exception>
    internal static FileStream OpenFile(string path, StoredFile expected, ErrorCode code)
    {
        FileStream? file = null;
        try
        {
            file = DurableFiles.Open(path);
            var found = DurableFiles.Measure(file);
            if (found != expected)
            {
                throw new ServingException(
                    code,
                    $"{Path.GetFileName(path)} is damaged: its SHA-256 is {found.Sha256} ({found.Bytes} bytes), "
                        + $"and was {expected.Sha256} ({expected.Bytes} bytes) when it was written."
                );
            }

            file.Position = 0;
            return file;
        }
        catch (Exception exception)
        {
            file?.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
                throw new ServingException(code, Describe(exception), exception);
            throw;
        }
    }

    /// <summary>
    /// Describes an error without paths, because clients see the description. Logs an error that no damaged file should
    /// cause.
    /// </summary>
    /// <param name="exception">The error.</param>
    /// <param name="model">The model's name.</param>
    internal string Describe(Exception exception, string model)
    {
        if (exception is IOException or UnauthorizedAccessException or JsonException or ServingException)
            return Describe(exception);
        LogUnexpected(exception, model);
        return Unexpected;
    }

    private StoredVersion Read(
        Func<VersionManifest> readManifest,
        Func<VersionManifest, string?> checkFiles,
        Func<byte[]> readDefinition,
        string name,
        int version
    )
    {
        VersionManifest? manifest = null;
        ResolvedModel? model = null;
        string? damage;
        try
        {
            manifest = readManifest();
            damage = Check(manifest, name, version) ?? checkFiles(manifest);
            if (damage is null)
            {
                var definition = readDefinition();
                if (manifest.Files.GetValueOrDefault(FileSystemModelStore.Definition) == StoredFile.Of(definition))
                    model = ResolvedModelJson.Read(JsonElement.Parse(definition), limits.Value);
                else
                    damage = DamagedDefinition;
            }
        }
        catch (Exception exception)
        {
            // Whatever the files hold, only this version fails.
            damage = Describe(exception, name);
        }

        if (damage is not null)
            LogDamaged(name, version, damage);
        return new StoredVersion(version, model, manifest, damage);
    }

    private ModelSettings Settings(Func<ModelSettings> read, string name, out string? damage)
    {
        damage = null;
        try
        {
            var settings = read();
            if (settings.Schema <= ModelSettings.CurrentSchema)
                return settings;
            damage = NewerSchema(FileSystemModelStore.Settings, settings.Schema, ModelSettings.CurrentSchema);
        }
        catch (Exception exception)
        {
            damage = Describe(exception, name);
        }

        return new ModelSettings();
    }

    private static T ReadJson<T>(string path)
    {
        var name = Path.GetFileName(path);
        if (Directory.Exists(path))
            throw new JsonException($"{name} is a folder, and must be a file.");
        return Parse<T>(File.ReadAllBytes(path), name);
    }

    private static T Parse<T>(byte[] json, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, VersionManifest.Json)
                ?? throw new JsonException("The file is null.", "$", 0, 0);
        }
        catch (JsonException exception)
        {
            throw new JsonException(
                $"{name} is damaged: the value at {exception.Path ?? "$"}, line {(exception.LineNumber ?? 0) + 1}, "
                    + "can't be read.",
                exception
            );
        }
    }

    private static string NewerSchema(string file, int schema, int readable) =>
        $"{file} has schema {schema}, written by a newer server; this one reads up to schema {readable}.";

    private static string? Check(VersionManifest manifest, string name, int version)
    {
        if (manifest.Schema > VersionManifest.CurrentSchema)
            return NewerSchema(FileSystemModelStore.Manifest, manifest.Schema, VersionManifest.CurrentSchema);
        return manifest.Name == name && manifest.Version == version
            ? null
            : $"{FileSystemModelStore.Manifest} belongs to {manifest.Name}@{manifest.Version}: "
                + "the folder was moved or copied here.";
    }

    private static string? CheckFiles(VersionManifest manifest, string path)
    {
        string[] files = manifest.Samples is null
            ? [FileSystemModelStore.Definition, StoredFile.Weights]
            : [FileSystemModelStore.Definition, StoredFile.Weights, FileSystemModelStore.Samples];
        foreach (var file in files)
        {
            if (!manifest.Files.TryGetValue(file, out var expected))
                return $"{FileSystemModelStore.Manifest} does not list {file}.";
            var info = new FileInfo(Path.Combine(path, file));
            if (!info.Exists)
                return $"{file} is missing.";
            if (info.Length != expected.Bytes)
                return $"{file} is damaged: it has {info.Length} bytes instead of {expected.Bytes}.";
        }

        return null;
    }

    private static string Describe(Exception exception) =>
        exception switch
        {
            FileNotFoundException file => $"{Path.GetFileName(file.FileName)} is missing.",
            UnauthorizedAccessException => "The server has no permission to read its files.",
            IOException => "Its files can't be read from the disk.",
            _ => exception.Message,
        };

    [LoggerMessage(LogLevel.Error, "Version {Version} of model {Model} can't be served: {Reason}")]
    private partial void LogDamaged(string model, int version, string reason);

    [LoggerMessage(LogLevel.Error, "Reading the files of model {Model} failed in an unexpected way")]
    private partial void LogUnexpected(Exception exception, string model);

    [LoggerMessage(LogLevel.Warning, "{Path} can't be read, so versions are not loaded by their last use: {Reason}")]
    private partial void LogUnreadableUses(string path, string reason);
}
