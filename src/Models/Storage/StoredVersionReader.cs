using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Language.Reading;

namespace ModelService.Models.Storage;

/// <summary>Reads what is kept of a version, and says what is wrong with it instead of failing.</summary>
/// <param name="limits">How large a network may be.</param>
/// <param name="logger">Told what is damaged.</param>
public sealed partial class StoredVersionReader(
    IOptions<ArchitectureLimits> limits,
    ILogger<StoredVersionReader> logger
)
{
    /// <summary>Reads all but the weights and the samples, whose sizes alone are looked at.</summary>
    internal StoredVersion Read(string path, string name, int version)
    {
        VersionManifest? manifest = null;
        ResolvedModel? resolved = null;
        string? damage;
        try
        {
            manifest = ReadJson<VersionManifest>(Path.Combine(path, ModelStore.Manifest));
            damage = Check(manifest, name, version) ?? CheckFiles(manifest, path);
            if (damage is null)
            {
                resolved = ResolvedModelJson.Read(
                    JsonElement.Parse(File.ReadAllBytes(Path.Combine(path, ModelStore.Definition))),
                    limits.Value
                );
            }
        }
        catch (Exception exception)
            when (exception is IOException or UnauthorizedAccessException or JsonException or ServingException)
        {
            damage = Describe(exception);
        }

        if (damage is not null)
            LogDamaged(name, version, damage);
        return new StoredVersion(version, resolved, manifest, damage);
    }

    /// <summary>Reads what is decided of a model; what can't be read is as if nothing were decided.</summary>
    internal ModelSettings ReadSettings(string path)
    {
        try
        {
            return File.Exists(path) ? ReadJson<ModelSettings>(path) : new ModelSettings();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            LogSettings(path, exception.Message);
            return new ModelSettings();
        }
    }

    /// <summary>Reads a version's samples.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.StorageUnavailable"/>: they are not those that were written.</exception>
    internal static IReadOnlyList<SampleDefinition> ReadSamples(string path, StoredFile expected) =>
        CheckFile(path, expected) is { } damage
            ? throw new ServingException(ErrorCode.StorageUnavailable, damage)
            : ReadJson<IReadOnlyList<SampleDefinition>>(path);

    /// <summary>Reads a file once, to know that it is the one that was written.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    internal static string? CheckFile(string path, StoredFile expected)
    {
        try
        {
            var found = DurableFiles.Measure(path);
            return found == expected
                ? null
                : $"{Path.GetFileName(path)} is damaged: its SHA-256 is {found.Sha256} ({found.Bytes} bytes), it was written with {expected.Sha256} ({expected.Bytes} bytes).";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Describe(exception);
        }
    }

    private static T ReadJson<T>(string path)
    {
        var name = Path.GetFileName(path);
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), VersionManifest.Json)
                ?? throw new JsonException($"{name} is empty.");
        }
        catch (JsonException exception)
        {
            throw new JsonException(
                $"{name} is damaged: what stands at {exception.Path ?? "$"}, line {exception.LineNumber + 1}, can't be read.",
                exception
            );
        }
    }

    private static string? Check(VersionManifest manifest, string name, int version)
    {
        if (manifest.Schema > VersionManifest.CurrentSchema)
            return $"{ModelStore.Manifest} is of schema {manifest.Schema}, written by a later server; this one reads up to schema {VersionManifest.CurrentSchema}.";
        return manifest.Name == name && manifest.Version == version
            ? null
            : $"{ModelStore.Manifest} is that of {manifest.Name}@{manifest.Version}: the folder was moved or copied here.";
    }

    private static string? CheckFiles(VersionManifest manifest, string path)
    {
        foreach (
            var file in (string[])
                [
                    ModelStore.Definition,
                    ModelStore.Weights,
                    .. manifest.Samples is null ? [] : (string[])[ModelStore.Samples],
                ]
        )
        {
            if (!manifest.Files.TryGetValue(file, out var expected))
                return $"{ModelStore.Manifest} says nothing of {file}.";
            var info = new FileInfo(Path.Combine(path, file));
            if (!info.Exists)
                return $"{file} is missing.";
            if (info.Length != expected.Bytes)
                return $"{file} is damaged: it has {info.Length} bytes, {expected.Bytes} were written.";
        }

        return DurableFiles.Measure(Path.Combine(path, ModelStore.Definition)) == manifest.Files[ModelStore.Definition]
            ? null
            : $"{ModelStore.Definition} is damaged: its SHA-256 is not the one it was written with.";
    }

    // A path in it is the operator's business, so it goes to the log and not to clients.
    private static string Describe(Exception exception) =>
        exception switch
        {
            FileNotFoundException file => $"{Path.GetFileName(file.FileName)} is missing.",
            UnauthorizedAccessException => "The server may not read its files.",
            IOException => "Its files can't be read from the disk.",
            _ => exception.Message,
        };

    [LoggerMessage(LogLevel.Error, "Version {Version} of model {Model} can't be served: {Damage}")]
    private partial void LogDamaged(string model, int version, string damage);

    [LoggerMessage(LogLevel.Error, "{Path} can't be read, so the model has its newest version as default: {Reason}")]
    private partial void LogSettings(string path, string reason);
}
