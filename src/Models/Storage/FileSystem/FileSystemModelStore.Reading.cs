using System.Globalization;
using Microsoft.Extensions.Logging;
using ModelService.Models.Language;

namespace ModelService.Models.Storage.FileSystem;

/// <content>
/// Reads the models at the start. Each damaged model or version is reported in the result, so that the others serve.
/// Nothing of it is overwritten or deleted.
/// </content>
internal sealed partial class FileSystemModelStore
{
    private StoredModel? ReadOrReport(FileSystemInfo entry)
    {
        if (entry is not DirectoryInfo model || !ModelReference.IsName(model.Name))
        {
            LogForeign(entry.FullName);
            return null;
        }

        try
        {
            return Read(model);
        }
        catch (Exception exception)
        {
            // Not even its versions can be listed. It takes its name, so that no other model overwrites its files.
            var damage = reader.Describe(exception, model.Name);
            return new StoredModel(model.Name, new ModelSettings(), [Damaged(1, damage)], damage);
        }
    }

    private StoredModel? Read(DirectoryInfo model)
    {
        var versions = new SortedDictionary<int, StoredVersion>();
        var replaced = new List<int>();
        var hasSettings = false;
        foreach (var child in model.GetFileSystemInfos())
        {
            if (NumberOf(child.Name, "") is { } number)
                versions[number] = ReadVersion(child, model.Name, number);
            else if (child is DirectoryInfo && NumberOf(child.Name, Replaced) is { } old)
                replaced.Add(old);
            else if (child.Name == Settings)
                hasSettings = true;
            else
                LogForeign(child.FullName);
        }

        foreach (var number in replaced)
        {
            if (Recover(model, number, versions.GetValueOrDefault(number)) is { } recovered)
                versions[number] = recovered;
        }

        var settings = reader.ReadSettings(Path.Combine(model.FullName, Settings), model.Name, out var damage);
        if (versions.Count == 0)
        {
            // A server that is killed before it moves the first version in leaves an empty folder.
            if (!hasSettings)
                return null;
            damage ??= "The folders of its versions are missing.";
            var last = Math.Max(settings.LastVersion, 1);
            versions[last] = Damaged(last, damage);
        }

        if (damage is null)
            return new StoredModel(model.Name, settings, [.. versions.Values]);
        LogDamaged(model.Name, damage);
        return new StoredModel(
            model.Name,
            settings,
            [.. versions.Values.Select(item => item with { Resolved = null, Damage = item.Damage ?? damage })],
            damage
        );
    }

    private StoredVersion ReadVersion(FileSystemInfo entry, string model, int number) =>
        entry is DirectoryInfo
            ? reader.Read(entry.FullName, model, number)
            : Damaged(number, $"{number} is a file, and must be the folder of the version.");

    // Finishes the replacement of a version that a server had begun when it was killed. Moves the old version back if
    // nothing is in its place, and removes it if the new one is complete. The old one stays beside a damaged one, since
    // it may be all that is left of the version.
    private StoredVersion? Recover(DirectoryInfo model, int number, StoredVersion? found)
    {
        var version = PathOf(model.Name, number);
        var old = version + Replaced;
        if (!folder.IsWritable)
            return found;
        if (found is { Damage: null })
            DiscardOld(old);
        if (found is not null)
            return found;
        try
        {
            folder.Move(old, version, flushed: version);
            return ReadVersion(new DirectoryInfo(version), model.Name, number);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRecovered(exception, old);
            return Damaged(
                number,
                $"It can't be moved back from {number}{Replaced}; the server's log has the details."
            );
        }
    }

    private static StoredVersion Damaged(int number, string damage) => new(number, null, null, damage);

    // The number of a version from the name of its folder; null when it is the name of something else.
    private static int? NumberOf(string name, string suffix) =>
        name.EndsWith(suffix, StringComparison.Ordinal)
        && name[..^suffix.Length] is var text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0
        && text == number.ToString(CultureInfo.InvariantCulture)
            ? number
            : null;

    [LoggerMessage(LogLevel.Warning, "{Path} was not written by this server; it is ignored")]
    private partial void LogForeign(string path);

    [LoggerMessage(LogLevel.Error, "Model {Model} can't be served: {Reason}")]
    private partial void LogDamaged(string model, string reason);

    [LoggerMessage(LogLevel.Error, "The version can't be moved back from {Path}")]
    private partial void LogNotRecovered(Exception exception, string path);
}
