namespace ModelService.Models.Weights.Zip;

/// <summary>Where the storages of a zip are: stored ones in the file, deflated ones side by side in one beside it.</summary>
internal static class StoragePlaces
{
    /// <param name="file">The zip.</param>
    /// <param name="entries">The storages that are used, by key.</param>
    /// <param name="limits">What is taken at most.</param>
    /// <param name="owned">Takes what has to be disposed with the file.</param>
    public static Dictionary<string, (MappedBytes Bytes, long Offset)> Find(
        MappedBytes file,
        Dictionary<string, ZipEntry> entries,
        WeightsLimits limits,
        List<MappedBytes> owned
    )
    {
        var room = Room(file, [.. entries.Values.Where(entry => entry.IsCompressed)], limits);
        if (room is not null)
            owned.Add(room);
        var places = new Dictionary<string, (MappedBytes Bytes, long Offset)>();
        var end = 0L;
        foreach (var (key, entry) in entries)
        {
            if (entry.IsCompressed && room is not null)
            {
                ZipContent.Inflate(file, entry, limits, room, end);
                places.Add(key, (room, end));
                end += entry.Size;
            }
            else
            {
                places.Add(key, (file, entry.Offset));
            }
        }

        AllCores.ForEach(
            [.. entries.Values.Where(entry => !entry.IsCompressed)],
            entry => ZipContent.CheckStored(file, entry)
        );
        return places;
    }

    /// <summary>Room for everything that is deflated, or null if that is nothing.</summary>
    private static MappedBytes? Room(MappedBytes file, ZipEntry[] entries, WeightsLimits limits)
    {
        Int128 size = 0;
        foreach (var entry in entries)
            size += entry.Size;
        if (size > limits.MaxTotalBytes)
            throw Unreadable.Because($"The storages unpack to {size} bytes; at most {limits.MaxTotalBytes} are taken.");
        ZipContent.CheckRatio("What the tensors use", entries.Sum(entry => entry.PackedSize), (long)size, limits);
        return size == 0 ? null : file.Beside((long)size);
    }
}
