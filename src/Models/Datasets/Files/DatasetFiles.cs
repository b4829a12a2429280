using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Files;

/// <summary>
/// The files of one data set, in a folder: <c>dataset.json</c>, <c>journal.jsonl</c>, and a folder in <c>packs</c> for
/// each upload. A pack is flushed and moved in before its line is in the journal; one without a line is deleted at the
/// next start. With a store that servers share, the folder is a copy of its rows. Reading is thread-safe.
/// </summary>
/// <param name="folder">The data folder.</param>
/// <param name="name">The name of the data set.</param>
/// <param name="root">The path of the data set's folder.</param>
/// <param name="blobs">The blobs of the store that servers share; null when the images are in the folder.</param>
internal sealed class DatasetFiles(DataFolder folder, string name, string root, BlobFiles? blobs = null)
{
    /// <summary>The number of the layout of the files.</summary>
    public const int Schema = 1;

    private const string Facts = "dataset.json",
        JournalName = "journal.jsonl",
        Packs = "packs";

    private readonly ConcurrentDictionary<int, DatasetPack> packs = [];
    private DatasetFacts? facts;

    /// <summary>The path of the data set's folder.</summary>
    public string Root => root;

    /// <summary>The path of the file with what never changes of the data set.</summary>
    public string FactsPath => Path.Combine(root, Facts);

    /// <summary>The path of the folder of packs.</summary>
    public string PacksPath => Path.Combine(root, Packs);

    /// <summary>The journal.</summary>
    public DatasetJournal Journal { get; } = new(Path.Combine(root, JournalName));

    /// <summary>The packs that were read so far.</summary>
    public IEnumerable<DatasetPack> KnownPacks => packs.Values;

    /// <summary>Creates the data set in one step.</summary>
    /// <param name="created">What never changes of it.</param>
    /// <param name="first">Its first pack; null for an empty set.</param>
    /// <param name="entry">The line of the first pack.</param>
    public void Create(DatasetFacts created, PackWriter? first, JournalEntry? entry)
    {
        var staged = folder.NewStagingPath();
        var folderOfPacks = Path.Combine(staged, Packs);
        var isMoved = false;
        try
        {
            DurableFiles.CreateFolder(folderOfPacks);
            DurableFiles.Write(Path.Combine(staged, Facts), [DatasetJson.WriteLine(created)]);
            var journal = new DatasetJournal(Path.Combine(staged, JournalName));
            journal.Create(entry is null ? [] : [entry]);
            if (first is not null)
            {
                Directory.Move(first.Path, Path.Combine(folderOfPacks, NameOf(entry!.Revision)));
                isMoved = true;
                folder.FlushFolder(folderOfPacks);
            }

            folder.FlushFolder(staged);
            folder.Move(staged, root, flushed: root);
            Journal.Length = journal.Length;
        }
        catch
        {
            if (isMoved)
                Directory.Move(Path.Combine(folderOfPacks, NameOf(entry!.Revision)), first!.Path);
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
        facts = DatasetJson.Read<DatasetFacts>(File.ReadAllBytes(FactsPath));
        if (facts.Schema != Schema)
            throw new InvalidDataException($"The layout {facts.Schema} of its files is that of a later server.");
        var lines = Journal.Read();
        if (blobs is null && folder.IsWritable)
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
        var index = File.ReadAllBytes(PackOf(line.Revision).Index);
        if (Convert.ToHexStringLower(SHA256.HashData(index)) != pack.Index)
            throw new InvalidDataException($"The list of the images of revision {line.Revision} is damaged.");
        return ToImages(DatasetJson.ReadLines<PackEntry>(index), line.Revision);
    }

    /// <summary>The pack of an upload.</summary>
    /// <param name="revision">The revision that the upload made.</param>
    public DatasetPack PackOf(int revision) =>
        packs.GetOrAdd(revision, number => new DatasetPack(number, PathOf(number), blobs));

    /// <summary>Makes the images of a pack from its list.</summary>
    /// <param name="entries">The list.</param>
    /// <param name="revision">The number of the pack.</param>
    public IEnumerable<DatasetImage> ToImages(IEnumerable<PackEntry> entries, int revision)
    {
        var pack = PackOf(revision);
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
                entry.Offset,
                entry.Length
            )
            {
                Pack = pack,
                Row = entry.Row,
            };
        }
    }

    /// <summary>Overwrites the images of a purge with zeros, in all packs that have them.</summary>
    /// <param name="purge">The line of the purge.</param>
    public void Overwrite(JournalEntry purge) => Overwrite(purge, Lines);

    /// <summary>The lines of the journal.</summary>
    public List<JournalEntry> Lines => new DatasetJournal(Path.Combine(root, JournalName)).Read();

    /// <summary>Whether a revision has or had an image.</summary>
    /// <param name="id">The id of the image.</param>
    public bool HasEver(string id) => Lines.SelectMany(ReadPack).Any(image => image.Id == id);

    private void Overwrite(JournalEntry purge, List<JournalEntry> lines)
    {
        var ids = purge.Removed!.ToHashSet();
        foreach (var line in lines.Where(line => line.Pack is not null && line.Revision < purge.Revision))
        {
            foreach (var image in ReadPack(line).Where(image => ids.Contains(image.Id)))
            {
                Overwrite(image.PackPath, image.Offset, image.Length);
                Overwrite(image.Pack.Signatures, (long)image.Row * ImageSignature.Length, ImageSignature.Length);
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
                        image.Pack.Revision < purged.GetValueOrDefault(image.Id)
                            ? image with
                            {
                                IsPurged = true,
                            }
                            : image
                    )
            );
        }

        return state;
    }

    private void DeleteOrphans(List<JournalEntry> lines)
    {
        var named = lines.Where(line => line.Pack is not null).Select(line => NameOf(line.Revision)).ToHashSet();
        foreach (var pack in Directory.EnumerateDirectories(PacksPath))
        {
            if (!named.Contains(Path.GetFileName(pack)))
                folder.DeleteStaged(pack);
        }
    }

    private string PathOf(int revision) => Path.Combine(PacksPath, NameOf(revision));

    private static string NameOf(int revision) => revision.ToString("D6", CultureInfo.InvariantCulture);
}
