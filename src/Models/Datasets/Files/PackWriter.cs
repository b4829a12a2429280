using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Files;

/// <summary>
/// Writes the images of one upload into a pack in the staging folder: <c>images</c> with their bytes one after another,
/// <c>signatures</c>, and <c>index.jsonl</c>. The files are flushed once, not for each image.
/// </summary>
internal sealed class PackWriter : IDisposable
{
    /// <summary>Names of the files of a pack.</summary>
    public const string Images = "images",
        Signatures = "signatures",
        Index = "index.jsonl";

    private const int Buffer = 1 << 20;
    private const int PartBytes = 1 << 16;

    private readonly DataFolder folder;
    private readonly List<PackEntry> entries = [];
    private readonly FileStream images;
    private readonly FileStream signatures;
    private long length;

    /// <summary>Begins a pack.</summary>
    /// <param name="folder">The data folder.</param>
    public PackWriter(DataFolder folder)
    {
        this.folder = folder;
        Path = folder.NewStagingPath();
        DurableFiles.CreateFolder(Path);
        images = DurableFiles.Create(System.IO.Path.Combine(Path, Images), Buffer);
        signatures = DurableFiles.Create(System.IO.Path.Combine(Path, Signatures), Buffer);
    }

    /// <summary>The path of the pack while it is in the staging folder.</summary>
    public string Path { get; }

    /// <summary>The images so far.</summary>
    public IReadOnlyList<PackEntry> Entries => entries;

    /// <summary>The blob that its images were stored as; null before.</summary>
    public StoredFile? Blob { get; set; }

    /// <summary>Adds an image.</summary>
    /// <param name="entry">The image; its place in the pack is filled in.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="signature">Its signature.</param>
    public void Add(PackEntry entry, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> signature)
    {
        images.Write(bytes);
        signatures.Write(signature);
        entries.Add(entry with { Offset = length, Length = bytes.Length, Row = entries.Count });
        length += bytes.Length;
    }

    /// <summary>Flushes the bytes of the images to the disk. No image can be added afterwards.</summary>
    public void FlushImages()
    {
        foreach (var file in (FileStream[])[images, signatures])
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
        }
    }

    /// <summary>Writes and flushes the list of the images.</summary>
    /// <param name="kept">The images to list: all, or some of them.</param>
    public PackFacts WriteIndex(IReadOnlyList<PackEntry> kept)
    {
        var path = System.IO.Path.Combine(Path, Index);
        File.Delete(path); // of a commit that was tried before
        var file = DurableFiles.Write(path, Parts(kept));
        folder.FlushFolder(Path);
        return new PackFacts(kept.Count, length, file.Sha256);
    }

    /// <summary>Deletes the pack, unless it was moved to its data set.</summary>
    public void Dispose()
    {
        images.Dispose();
        signatures.Dispose();
        folder.DeleteStaged(Path);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Parts(IReadOnlyList<PackEntry> entries)
    {
        using var part = new MemoryStream();
        foreach (var entry in entries)
        {
            part.Write(DatasetJson.WriteLine(entry));
            if (part.Length < PartBytes)
                continue;
            yield return part.GetBuffer().AsMemory(0, (int)part.Length);
            part.SetLength(0);
        }

        yield return part.GetBuffer().AsMemory(0, (int)part.Length);
    }
}
