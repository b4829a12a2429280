using System.Text;
using ModelService.Models.Weights.Pickle;

namespace ModelService.Models.Weights.Zip;

/// <summary>
/// Reads the format of torch.save since PyTorch 1.6: a zip with one folder that has the pickle <c>data.pkl</c> and each
/// storage as <c>data/KEY</c>. Stored entries are read directly from the file. Deflated ones, which come from other zip
/// tools, are unpacked.
/// </summary>
internal static class PyTorchZipReader
{
    private const string PickleName = "data.pkl";

    public static WeightsContent Read(
        MappedBytes file,
        WeightsLimits limits,
        List<MappedBytes> owned,
        StateDictSearch search
    )
    {
        var entries = ZipDirectory.Read(file, limits);
        var root = Root(entries);
        CheckKind(entries, root);
        CheckByteOrder(file, entries, root, limits);

        var storages = new Dictionary<string, PickleStorage>();
        var value = Unpickle(file, entries[root + PickleName], storages, limits);
        var found = search.Find(value, limits);
        TensorList.CheckCount(found.Tensors.Count, limits);
        foreach (var storage in storages.Values)
            Entry(entries, root, storage);

        var used = found.Tensors.Select(item => item.Value.Storage.Key).ToHashSet();
        var locations = StoragePlaces.Find(
            file,
            used.ToDictionary(key => key, key => Entry(entries, root, storages[key])),
            limits,
            owned
        );
        var tensors = new TensorList(limits);
        foreach (var (name, tensor) in found.Tensors)
        {
            var (bytes, offset) = locations[tensor.Storage.Key];
            tensors.Add(new StoredTensor(name, tensor.Dtype, tensor.Geometry, bytes, offset + tensor.ByteOffset));
        }

        return new WeightsContent(tensors.Tensors, found.Path, found.Skipped);
    }

    /// <summary>The path of the folder that has the only pickle, with a slash at the end.</summary>
    private static string Root(Dictionary<string, ZipEntry> entries)
    {
        string[] pickles =
        [
            .. entries.Keys.Where(name =>
                name == PickleName || name.EndsWith("/" + PickleName, StringComparison.Ordinal)
            ),
        ];
        return pickles switch
        {
            [var pickle] => pickle[..^PickleName.Length],
            [] => throw Unreadable.Because(
                ForeignFormats.DescribeZip(entries.Keys) is { } foreign
                    ? $"The file is not weights but {foreign}."
                    : $"The file is a zip of {entries.Count} entries without {PickleName}, so torch.save didn't "
                        + "write it."
            ),
            _ => throw Unreadable.Because(
                $"The zip has {pickles.Length} entries named {PickleName}; torch.save writes exactly one."
            ),
        };
    }

    /// <summary>Refuses TorchScript archives.</summary>
    private static void CheckKind(Dictionary<string, ZipEntry> entries, string root)
    {
        if (
            entries.ContainsKey(root + "constants.pkl")
            || entries.Keys.Any(name => name.StartsWith(root + "code/", StringComparison.Ordinal))
        )
        {
            throw Unreadable.Because(
                "The file is a TorchScript archive, which holds a program; nothing in a file is executed here. "
                    + "Save model.state_dict() instead: torch.save(model.state_dict(), path)."
            );
        }
    }

    private static void CheckByteOrder(
        MappedBytes file,
        Dictionary<string, ZipEntry> entries,
        string root,
        WeightsLimits limits
    )
    {
        if (!entries.TryGetValue(root + "byteorder", out var entry))
            return;
        var order = entry.Size <= 16 ? Encoding.UTF8.GetString(ZipContent.Read(file, entry, limits)) : "";
        if (order != "little")
        {
            throw Unreadable.Because(
                $"The file's byte order is {Unreadable.Quote(order)}; only little-endian files are read."
            );
        }
    }

    private static object? Unpickle(
        MappedBytes file,
        ZipEntry entry,
        Dictionary<string, PickleStorage> storages,
        WeightsLimits limits
    )
    {
        if (entry.Size > limits.MaxPickleBytes)
        {
            throw Unreadable.Because(
                $"{PickleName} has {entry.Size} bytes; at most {limits.MaxPickleBytes} are allowed."
            );
        }

        var bytes = ZipContent.Read(file, entry, limits);
        return Unpickler.Read(bytes, new PickleSource(PickleName), limits, storages, out _);
    }

    /// <summary>The entry of a storage, which must have the storage's size.</summary>
    private static ZipEntry Entry(Dictionary<string, ZipEntry> entries, string root, PickleStorage storage)
    {
        if (!entries.TryGetValue(root + "data/" + storage.Key, out var entry))
        {
            throw Unreadable.Because(
                $"The zip lacks the entry {Unreadable.Quote("data/" + storage.Key)}, which a tensor uses."
            );
        }

        if (entry.Size != storage.ByteLength)
        {
            throw Unreadable.Because(
                $"At byte {entry.Offset}: the entry {Unreadable.Quote(entry.Name)} has {entry.Size} bytes, "
                    + $"but its tensors need {storage.ByteLength}."
            );
        }

        return entry;
    }
}
