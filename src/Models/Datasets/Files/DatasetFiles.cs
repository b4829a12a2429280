using System.Globalization;
using System.Security.Cryptography;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Files;

/// <summary>
/// The files of one data set, in the folder <c>datasets/NAME</c>: <c>dataset.json</c>, <c>journal.jsonl</c>, and a
/// folder in <c>packs</c> for each upload. A pack is flushed and moved in before its line is in the journal; one
/// without
/// a line is deleted at the next start. Not thread-safe.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="name">The name of the data set.</param>
internal sealed class DatasetFiles(DataFolder folder, string name)
{
    /// <summary>The number of the layout of the files.</summary>
    public const int Schema = 1;

    private const string Facts = "dataset.json",
        JournalName = "journal.jsonl",
        Packs = "packs";

    private readonly string root = Path.Combine(folder.Datasets, name);
    private DatasetFacts? facts;

    /// <summary>The journal.</summary>
    public DatasetJournal Journal { get; } = new(Path.Combine(folder.Datasets, name, JournalName));

    /// <summary>Creates the data set in one step.</summary>
    /// <param name="created">What never changes of it.</param>
    /// <param name="first">Its first pack; null for an empty set.</param>
    /// <param name="entry">The line of the first pack.</param>
    public void Create(DatasetFacts created, PackWriter? first, JournalEntry? entry)
    {
        var staged = folder.NewStagingPath();
        var packs = Path.Combine(staged, Packs);
        var isMoved = false;
        try
        {
            DurableFiles.CreateFolder(packs);
            DurableFiles.Write(Path.Combine(staged, Facts), [DatasetJson.WriteLine(created)]);
            var journal = new DatasetJournal(Path.Combine(staged, JournalName));
            journal.Create(entry is null ? [] : [entry]);
            if (first is not null)
            {
                Directory.Move(first.Path, Path.Combine(packs, NameOf(entry!.Revision)));
                isMoved = true;
                folder.FlushFolder(packs);
            }

            folder.FlushFolder(staged);
            folder.Move(staged, root, flushed: root);
            Journal.Length = journal.Length;
        }
        catch
        {
            if (isMoved)
                Directory.Move(Path.Combine(packs, NameOf(entry!.Revision)), first!.Path);
            folder.DeleteStaged(staged);
            throw;
        }

        facts = created;
    }

    /// <summary>Adds a pack. When this throws, nothing has changed.</summary>
    /// <param name="pack">The pack, with its list.</param>
    /// <param name="entry">The line of the journal.</param>
    public void Add(PackWriter pack, JournalEntry entry)
    {
        var path = PathOf(entry.Revision);
        folder.Move(pack.Path, path, flushed: path);
        try
        {
            Journal.Append(entry);
        }
        catch
        {
            Directory.Move(path, pack.Path);
            throw;
        }
    }

    /// <summary>Moves the data set out of the folder.</summary>
    /// <returns>Where it is to be deleted.</returns>
    public string MoveOut()
    {
        var staged = folder.NewStagingPath();
        folder.Move(root, staged, flushed: root);
        return staged;
    }

    /// <summary>Reads the data set when the server starts, and finishes what a killed server had begun.</summary>
    /// <returns>The current state, and the lines of the journal.</returns>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    public (DatasetState State, IReadOnlyList<JournalEntry> Lines) Open()
    {
        facts = DatasetJson.Read<DatasetFacts>(File.ReadAllBytes(Path.Combine(root, Facts)));
        if (facts.Schema != Schema)
            throw new InvalidDataException($"The layout {facts.Schema} of its files is that of a later server.");
        var lines = Journal.Read();
        if (folder.IsWritable)
        {
            DeleteOrphans(lines);
            foreach (var line in lines.Where(line => line.Purged))
                Overwrite(line, lines);
        }

        return (Fold(lines, lines.Count), lines);
    }

    /// <summary>Reads an earlier revision.</summary>
    /// <param name="revision">Its number, which exists.</param>
    public Dataset Read(int revision) => Fold(Lines, revision).Take();

    /// <summary>The images of a pack.</summary>
    /// <param name="line">The line that brought it.</param>
    /// <exception cref="InvalidDataException">The list is damaged.</exception>
    public IEnumerable<DatasetImage> ReadPack(JournalEntry line)
    {
        if (line.Pack is not { } pack)
            return [];
        var path = PathOf(line.Revision);
        var index = File.ReadAllBytes(Path.Combine(path, PackWriter.Index));
        if (Convert.ToHexStringLower(SHA256.HashData(index)) != pack.Index)
            throw new InvalidDataException($"The list of the images of revision {line.Revision} is damaged.");
        return ToImages(DatasetJson.ReadLines<PackEntry>(index), line.Revision);
    }

    /// <summary>Makes the images of a pack from its list.</summary>
    /// <param name="entries">The list.</param>
    /// <param name="revision">The number of the pack.</param>
    public IEnumerable<DatasetImage> ToImages(IEnumerable<PackEntry> entries, int revision)
    {
        var path = Path.Combine(PathOf(revision), PackWriter.Images);
        var labels = new Dictionary<string, string>(); // one string for each label, not for each image
        foreach (var entry in entries)
        {
            labels.TryAdd(entry.Label, entry.Label);
            yield return new DatasetImage(
                entry.Id,
                labels[entry.Label],
                entry.Split,
                entry.Group,
                entry.FileName,
                entry.Width,
                entry.Height,
                path,
                entry.Offset,
                entry.Length
            )
            {
                Pack = revision,
                Row = entry.Row,
            };
        }
    }

    /// <summary>Overwrites the images of a purge with zeros, in all packs that have them.</summary>
    /// <param name="purge">The line of the purge.</param>
    public void Overwrite(JournalEntry purge) => Overwrite(purge, Lines);

    /// <summary>Whether a revision has or had an image.</summary>
    /// <param name="id">The id of the image.</param>
    public bool HasEver(string id) => Lines.SelectMany(ReadPack).Any(image => image.Id == id);

    private List<JournalEntry> Lines => new DatasetJournal(Path.Combine(root, JournalName)).Read();

    private void Overwrite(JournalEntry purge, List<JournalEntry> lines)
    {
        var ids = purge.Removed!.ToHashSet();
        foreach (var line in lines.Where(line => line.Pack is not null && line.Revision < purge.Revision))
        {
            foreach (var image in ReadPack(line).Where(image => ids.Contains(image.Id)))
            {
                Overwrite(image.PackPath, image.Offset, image.Length);
                var signatures = Path.Combine(PathOf(line.Revision), PackWriter.Signatures);
                Overwrite(signatures, (long)image.Row * ImageSignature.Length, ImageSignature.Length);
            }
        }
    }

    private static void Overwrite(string path, long offset, int length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var bytes = new byte[length];
        RandomAccess.Read(file, bytes, offset);
        if (!bytes.AsSpan().ContainsAnyExcept((byte)0))
            return;
        Array.Clear(bytes);
        RandomAccess.Write(file, bytes, offset);
        RandomAccess.FlushToDisk(file);
    }

    private DatasetState Fold(List<JournalEntry> lines, int revision)
    {
        // An image that was purged may have been uploaded again afterwards.
        var purged = new Dictionary<string, int>();
        foreach (var line in lines.Where(line => line.Purged))
        {
            foreach (var id in line.Removed!)
                purged[id] = line.Revision;
        }

        var state = new DatasetState(name, facts!);
        foreach (var line in lines.Take(revision))
        {
            state.Apply(
                line,
                ReadPack(line)
                    .Select(image =>
                        image.Pack < purged.GetValueOrDefault(image.Id) ? image with { IsPurged = true } : image
                    )
            );
        }

        return state;
    }

    private void DeleteOrphans(List<JournalEntry> lines)
    {
        var named = lines.Where(line => line.Pack is not null).Select(line => NameOf(line.Revision)).ToHashSet();
        foreach (var pack in Directory.EnumerateDirectories(Path.Combine(root, Packs)))
        {
            if (!named.Contains(Path.GetFileName(pack)))
                folder.DeleteStaged(pack);
        }
    }

    private string PathOf(int revision) => Path.Combine(root, Packs, NameOf(revision));

    private static string NameOf(int revision) => revision.ToString("D6", CultureInfo.InvariantCulture);
}
