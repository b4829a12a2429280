namespace ModelService.Models.Datasets.Uploads;

/// <summary>
/// Labels and splits of files by their folders, as torchvision's ImageFolder has them: a folder for each class, perhaps
/// below folders for the splits, perhaps all in one folder. Names are text here, and no file system is asked.
/// </summary>
internal sealed class ImageFolder
{
    private readonly int wrapping; // 1: all files are in one folder that says nothing
    private readonly bool hasSplits;

    /// <summary>Finds the layout of an archive.</summary>
    /// <param name="names">The names of all its files.</param>
    public ImageFolder(IEnumerable<string> names)
    {
        var paths = names.Select(Parts).ToList();
        var isWrapped =
            paths.Count > 0
            && paths.All(path => path.Length > 2 && path[0] == paths[0][0])
            && SplitOf(paths[0][0]) is null;
        wrapping = isWrapped ? 1 : 0;
        hasSplits = paths.Any(path => path.Length > wrapping + 2 && SplitOf(path[wrapping]) is not null);
    }

    /// <summary>Whether a file is none of the images, but a mark that a system or a tool leaves.</summary>
    /// <param name="name">Its name in the archive.</param>
    public static bool IsLitter(string name) =>
        Parts(name) is { Length: > 0 } parts
        && (
            parts[0] == "__MACOSX"
            || parts.Any(part => part.Length > 1 && part[0] == '.' && part != "..")
            || parts[^1].Equals("Thumbs.db", StringComparison.OrdinalIgnoreCase)
            || parts[^1].Equals("desktop.ini", StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>
    /// Whether a name would lead out of a folder. It is never followed, but shows ill will or damage.
    /// </summary>
    /// <param name="name">The name in the archive.</param>
    public static bool LeadsOut(string name) => name is ['/' or '\\', ..] or [_, ':', ..] || Parts(name).Contains("..");

    /// <summary>The label and the split of a file.</summary>
    /// <param name="name">Its name in the archive.</param>
    /// <returns>The label is null when the file is in no folder of a class.</returns>
    public (string? Label, Split? Split) Place(string name)
    {
        var folders = Folders(name);
        folders = folders[Math.Min(wrapping, folders.Length)..];
        return folders switch
        {
            [var first, ..] when hasSplits && SplitOf(first) is { } split => (folders.ElementAtOrDefault(1), split),
            [var label, ..] => (label, null),
            _ => (null, null),
        };
    }

    private static string[] Parts(string name) =>
        [.. name.Replace('\\', '/').Split('/').Where(part => part is not ("" or "."))];

    private static string[] Folders(string name) =>
        name is [.., '/' or '\\'] ? Parts(name)
        : Parts(name) is [.. var folders, _] ? folders
        : [];

    private static Split? SplitOf(string folder) =>
        folder.ToLowerInvariant() switch
        {
            "train" or "training" => Split.Train,
            "val" or "valid" or "validation" => Split.Val,
            "test" or "testing" => Split.Test,
            _ => null,
        };
}
