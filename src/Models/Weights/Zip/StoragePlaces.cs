namespace ModelService.Models.Weights.Zip;

/// <summary>
/// Finds the bytes of the storages of a zip. Stored entries are in the zip itself; deflated ones are unpacked, one
/// after the other, into a temporary file beside it.
/// </summary>
internal static class StoragePlaces
{
    /// <summary>Unpacks deflated storages, checks all of them, and gives the location of each by its key.</summary>
    /// <param name="file">The zip.</param>
    /// <param name="entries">The entries of the storages that tensors use, by the storage's key.</param>
    /// <param name="limits">The limits for the file.</param>
    /// <param name="owned">Receives the temporary file, which must be disposed together with the zip.</param>
    public static Dictionary<string, (MappedBytes Bytes, long Offset)> Find(
        MappedBytes file,
        Dictionary<string, ZipEntry> entries,
        WeightsLimits limits,
        List<MappedBytes> owned
    )
    {
        var unpacked = CreateUnpacked(file, [.. entries.Values.Where(entry => entry.IsCompressed)], limits);
        if (unpacked is not null)
            owned.Add(unpacked);
        var locations = new Dictionary<string, (MappedBytes Bytes, long Offset)>();
        var end = 0L;
        foreach (var (key, entry) in entries)
        {
            if (entry.IsCompressed && unpacked is not null)
            {
                ZipContent.Inflate(file, entry, limits, unpacked, end);
                locations.Add(key, (unpacked, end));
                end += entry.Size;
            }
            else
            {
                locations.Add(key, (file, entry.Offset));
            }
        }

        AllCores.ForEach(
            [.. entries.Values.Where(entry => !entry.IsCompressed)],
            entry => ZipContent.CheckStored(file, entry)
        );
        return locations;
    }

    /// <summary>Creates the temporary file for the deflated entries; null if there are none.</summary>
    private static MappedBytes? CreateUnpacked(MappedBytes file, ZipEntry[] entries, WeightsLimits limits)
    {
        Int128 size = 0;
        foreach (var entry in entries)
            size += entry.Size;
        if (size > limits.MaxTotalBytes)
        {
            throw Unreadable.Because(
                $"The storages unpack to {size} bytes; at most {limits.MaxTotalBytes} are allowed."
            );
        }

        ZipContent.CheckRatio(
            "The storages of the tensors",
            entries.Sum(entry => entry.PackedSize),
            (long)size,
            limits
        );
        return size == 0 ? null : file.CreateBeside((long)size);
    }
}
