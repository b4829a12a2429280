using System.Text.Json;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Datasets.Files;

/// <summary>
/// The journal of a data set: a line for each revision. A line is flushed before the change is answered. One that a
/// kill or a full disk tore is cut off, so the set is at the revision before or after a change.
/// </summary>
/// <param name="path">The path of the file.</param>
internal sealed class DatasetJournal(string path)
{
    /// <summary>The bytes of the whole lines, without a torn one behind them.</summary>
    public long Length { get; set; }

    /// <summary>Reads the journal, without a torn last line.</summary>
    /// <exception cref="InvalidDataException">A line before the last is damaged or missing.</exception>
    public List<JournalEntry> Read()
    {
        var bytes = File.ReadAllBytes(path).AsMemory();
        var entries = new List<JournalEntry>();
        Length = 0;
        while (bytes.Span.IndexOf((byte)'\n') is var end and >= 0)
        {
            var line = bytes.Span[..end];
            bytes = bytes[(end + 1)..];
            JournalEntry entry;
            try
            {
                entry = DatasetJson.Read<JournalEntry>(line);
            }
            catch (JsonException) when (bytes.IsEmpty)
            {
                return entries;
            }
            catch (JsonException exception)
            {
                throw new InvalidDataException($"Line {entries.Count + 1} of the journal is damaged.", exception);
            }

            if (entry.Revision != entries.Count + 1)
                throw new InvalidDataException($"Line {entries.Count + 1} of the journal is missing.");
            entries.Add(entry);
            Length += end + 1;
        }

        return entries;
    }

    /// <summary>Adds a line and flushes it. When this throws, the journal is as it was.</summary>
    public void Append(JournalEntry entry)
    {
        var line = DatasetJson.WriteLine(entry);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.Read);
        try
        {
            // What a torn line left behind the whole ones goes first.
            RandomAccess.SetLength(file, Length);
            RandomAccess.Write(file, line, Length);
            Flush(file);
        }
        catch
        {
            RandomAccess.SetLength(file, Length);
            RandomAccess.FlushToDisk(file);
            throw;
        }

        Length += line.Length;
    }

    /// <summary>Writes a new journal.</summary>
    /// <param name="entries">Its lines.</param>
    public void Create(IEnumerable<JournalEntry> entries) =>
        Length = DurableFiles
            .Write(path, entries.Select(entry => (ReadOnlyMemory<byte>)DatasetJson.WriteLine(entry)))
            .Bytes;

    /// <summary>Writes the journal anew.</summary>
    /// <param name="entries">Its lines.</param>
    public void Replace(IEnumerable<JournalEntry> entries)
    {
        File.Delete(path);
        Create(entries);
    }

    /// <summary>Flushes the journal to the disk. Tests let it fail; a copy does without.</summary>
    internal Action<Microsoft.Win32.SafeHandles.SafeFileHandle> Flush { get; set; } = RandomAccess.FlushToDisk;
}
