using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Reads the format of torch.save before PyTorch 1.6. The file has five pickles (a magic number, a protocol, the system
/// that wrote the file, the object, and the keys of the storages), then each storage as its number of elements and its
/// bytes. Bytes after the last storage are ignored, as PyTorch does.
/// </summary>
internal static class PyTorchLegacyReader
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c",
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture
    );

    public static WeightsContent Read(MappedBytes file, WeightsLimits limits, StateDictSearch search)
    {
        var offset = 0L;
        var storages = new Dictionary<string, PickleStorage>();
        if (Next(file, ref offset, limits, []) is not BigInteger magic || magic != Magic)
        {
            throw Unreadable.Because(
                "The file is a pickle, but torch.save didn't write it: PyTorch's magic number is missing."
            );
        }

        if (Next(file, ref offset, limits, []) is not Protocol)
            throw Unreadable.Because($"The file has another torch.save protocol than {Protocol}.");
        CheckSystem(Next(file, ref offset, limits, []));
        var root = Next(file, ref offset, limits, storages);
        var ordered = InFileOrder(Next(file, ref offset, limits, []), storages);
        var offsets = StorageOffsets(file, offset, ordered);

        var found = search.Find(root, limits);
        TensorList.CheckCount(found.Tensors.Count, limits);
        var tensors = new TensorList(limits);
        foreach (var (name, tensor) in found.Tensors)
        {
            tensors.Add(
                new StoredTensor(
                    name,
                    tensor.Dtype,
                    tensor.Geometry,
                    file,
                    offsets[tensor.Storage.Key] + tensor.ByteOffset
                )
            );
        }

        return new WeightsContent(tensors.Tensors, found.Path, found.Skipped);
    }

    /// <summary>Reads the pickle at an offset and moves the offset behind it.</summary>
    private static object? Next(
        MappedBytes file,
        ref long offset,
        WeightsLimits limits,
        Dictionary<string, PickleStorage> storages
    )
    {
        var left = file.Length - offset;
        var source = new PickleSource("the file", offset, left > limits.MaxPickleBytes);
        var bytes = file.Span(offset, (int)Math.Min(left, limits.MaxPickleBytes));
        var value = Unpickler.Read(bytes, source, limits, storages, out var length);
        offset += length;
        return value;
    }

    private static void CheckSystem(object? system)
    {
        if (system is not PickleDict dict)
            throw Unreadable.Because("The file lacks the description of the system that wrote it.");
        if (dict.Items.FirstOrDefault(item => item.Key is "little_endian").Value is not true)
            throw Unreadable.Because("The file was written on a big-endian machine; only little-endian ones are read.");
    }

    /// <summary>
    /// The storages in file order. The file must list every storage that the object refers to, exactly once.
    /// </summary>
    private static List<PickleStorage> InFileOrder(object? keys, Dictionary<string, PickleStorage> storages)
    {
        if (keys is not PickleList list)
            throw Unreadable.Because("The list of storages is missing.");
        var ordered = new List<PickleStorage>();
        var seen = new HashSet<string>();
        foreach (var key in list.Items)
        {
            if (key is not string text || !storages.TryGetValue(text, out var storage) || !seen.Add(text))
                throw Unreadable.Because("The list of storages contains a key that no tensor uses, or a key twice.");
            ordered.Add(storage);
        }

        if (storages.Keys.FirstOrDefault(key => !seen.Contains(key)) is { } missing)
            throw Unreadable.Because($"The list of storages lacks {Unreadable.Quote(missing)}, which a tensor uses.");
        return ordered;
    }

    /// <summary>The offset of each storage's first element, by key.</summary>
    private static Dictionary<string, long> StorageOffsets(MappedBytes file, long end, List<PickleStorage> ordered)
    {
        var offsets = new Dictionary<string, long>();
        foreach (var storage in ordered)
        {
            var name = Unreadable.Quote(storage.Key);
            if (file.Length - end < sizeof(long))
                throw Unreadable.Because($"The file ends at byte {file.Length}, before the storage {name}.");
            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(end, sizeof(long)));
            if (count != storage.Count)
            {
                throw Unreadable.Because(
                    $"At byte {end}: the storage {name} has {count} elements, not {storage.Count}."
                );
            }

            end += sizeof(long);
            if (storage.ByteLength > file.Length - end)
            {
                throw Unreadable.Because(
                    $"At byte {end}: the storage {name} needs {storage.ByteLength} bytes, "
                        + $"but the file has only {file.Length - end} left."
                );
            }

            offsets.Add(storage.Key, end);
            end += storage.ByteLength;
        }

        return offsets;
    }
}
