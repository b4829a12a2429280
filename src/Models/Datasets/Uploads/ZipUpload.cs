using System.IO.Compression;
using System.IO.Hashing;
using ModelService.Models.Errors;

namespace ModelService.Models.Datasets.Uploads;

/// <summary>
/// Reads images from a zip archive, into memory and one at a time. What it may take is bounded before anything is
/// unpacked: the number of entries, and by their declared sizes also what each entry and all together unpack to. An
/// entry that unpacks to more than it declares is damaged.
/// </summary>
internal static class ZipUpload
{
    private const int FileKind = 0xF000; // of the Unix mode
    private const int RegularFile = 0x8000;

    /// <summary>Whether bytes begin as those of a zip archive do.</summary>
    public static bool IsZip(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("PK\u0003\u0004"u8) || bytes.StartsWith("PK\u0005\u0006"u8);

    /// <summary>Opens an archive.</summary>
    /// <param name="zip">The archive.</param>
    /// <param name="terms">What the client says about all images.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="room">The number of bytes that there is room for.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.ArchiveUnreadable"/>, <see cref="ErrorCode.DatasetTooLarge"/>.
    /// </exception>
    public static UploadContent Open(Stream zip, UploadTerms terms, DatasetOptions limits, long room)
    {
        ZipEntryCount.Check(zip, limits.MaxImages);
        ZipArchive archive;
        IReadOnlyList<ZipArchiveEntry> entries;
        try
        {
            archive = new ZipArchive(zip, ZipArchiveMode.Read);
            entries = archive.Entries;
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            throw new ServingException(
                ErrorCode.ArchiveUnreadable,
                "The zip archive is damaged: its list of entries can't be read.",
                exception
            );
        }

        var files = entries.Where(entry => !IsFolder(entry) && !ImageFolder.IsLitter(entry.FullName)).ToList();
        var total = files.Where(entry => entry.Length <= limits.MaxImageBytes).Sum(entry => entry.Length);
        if (total > room)
        {
            throw new ServingException(
                ErrorCode.DatasetTooLarge,
                $"The archive unpacks to {total} bytes, and there is room for {room} (ModelService:Datasets:MaxBytes). "
                    + "Nothing was changed."
            );
        }

        var layout = new ImageFolder(files.Select(entry => entry.FullName));
        return new UploadContent(
            files.Select(entry => Describe(entry, layout, terms, limits.MaxImageBytes)),
            terms.Label is null ? EmptyClasses(entries, files, layout) : []
        );
    }

    private static UploadedFile Describe(ZipArchiveEntry entry, ImageFolder layout, UploadTerms terms, int maxBytes)
    {
        var (label, split) = layout.Place(entry.FullName);
        return new UploadedFile(
            entry.FullName,
            terms.Label ?? label,
            terms.Split ?? split,
            () => Refuse(entry, maxBytes) is { } failure ? failure : Unpack(entry)
        );
    }

    private static Failure? Refuse(ZipArchiveEntry entry, int maxBytes)
    {
        var kind = (entry.ExternalAttributes >> 16) & FileKind;
        return entry switch
        {
            _ when ImageFolder.LeadsOut(entry.FullName) => new(
                ErrorCode.ArchiveUnreadable,
                "The entry's name leads out of the archive."
            ),
            _ when kind is not 0 and not RegularFile => new(
                ErrorCode.ArchiveUnreadable,
                "The entry is a link or a device, and not a file."
            ),
            { IsEncrypted: true } => new(
                ErrorCode.ArchiveUnreadable,
                "The entry is encrypted. Make the archive without a password."
            ),
            _ when entry.Length > maxBytes => new(
                ErrorCode.ImageTooLarge,
                $"The entry unpacks to {entry.Length} bytes; at most {maxBytes} are allowed."
            ),
            _ => null,
        };
    }

    private static Outcome<byte[]> Unpack(ZipArchiveEntry entry)
    {
        try
        {
            // One byte more than declared tells an entry that goes on.
            var bytes = new byte[entry.Length];
            using var stream = entry.Open();
            var isWhole =
                stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length
                && stream.ReadByte() < 0
                && Crc32.HashToUInt32(bytes) == entry.Crc32;
            return isWhole
                ? bytes
                : new Failure(ErrorCode.ArchiveUnreadable, "The entry is damaged: its size or checksum is wrong.");
        }
        catch (Exception exception) when (IsDamage(exception))
        {
            return new Failure(
                ErrorCode.ArchiveUnreadable,
                "The entry is damaged, or compressed in a way that is not read (stored and deflate are)."
            );
        }
    }

    // Folders of classes that the archive has, but no file in them.
    private static List<string> EmptyClasses(
        IReadOnlyList<ZipArchiveEntry> entries,
        List<ZipArchiveEntry> files,
        ImageFolder layout
    )
    {
        var labels = files.Select(file => layout.Place(file.FullName).Label).ToHashSet();
        return
        [
            .. entries
                .Where(IsFolder)
                .Where(entry => !ImageFolder.IsLitter(entry.FullName) && !ImageFolder.LeadsOut(entry.FullName))
                .Select(entry => layout.Place(entry.FullName).Label)
                .OfType<string>()
                .Where(label => !labels.Contains(label))
                .Distinct(),
        ];
    }

    private static bool IsFolder(ZipArchiveEntry entry) => entry.FullName is [.., '/' or '\\'] or "";

    private static bool IsDamage(Exception exception) =>
        exception
            is InvalidDataException
                or IOException
                or NotSupportedException
                or ArgumentException
                or OverflowException;
}
