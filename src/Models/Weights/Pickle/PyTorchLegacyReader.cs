using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// Reads what torch.save wrote before PyTorch 1.6: pickles of a magic number, a protocol, the writer's system, the object and
/// the storages' keys, then each storage as its number of elements and its bytes.
/// </summary>
internal static class PyTorchLegacyReader
{
    private const long Protocol = 1001;

    private static readonly BigInteger Magic = BigInteger.Parse(
        "1950a86a20f9469cfc6c",
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture
    );

    public static WeightsContent Read(MappedBytes file, WeightsLimits limits)
    {
        var offset = 0L;
        var storages = new Dictionary<string, PickleStorage>();
        if (Next(file, ref offset, limits, []) is not BigInteger magic || magic != Magic)
        {
            throw Unreadable.Because(
                "The file is a pickle, but not one of torch.save: PyTorch's magic number is missing."
            );
        }

        if (Next(file, ref offset, limits, []) is not Protocol)
            throw Unreadable.Because($"The file is of another protocol of torch.save than {Protocol}.");
        CheckSystem(Next(file, ref offset, limits, []));
        var root = Next(file, ref offset, limits, storages);
        var ordered = Keys(Next(file, ref offset, limits, []), storages);
        var places = Places(file, offset, ordered);

        var (found, wrapper) = StateDictExtractor.Extract(root, limits);
        TensorList.CheckCount(found.Count, limits);
        var tensors = new TensorList(limits);
        foreach (var (name, tensor) in found)
        {
            tensors.Add(
                new StoredTensor(
                    name,
                    tensor.Dtype,
                    tensor.Geometry,
                    file,
                    places[tensor.Storage.Key] + tensor.ByteOffset
                )
            );
        }

        return new WeightsContent(tensors.Tensors, wrapper);
    }

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
            throw Unreadable.Because("The file doesn't say which system wrote it, as torch.save does.");
        if (dict.Items.FirstOrDefault(item => item.Key is "little_endian").Value is not true)
            throw Unreadable.Because("The file was written on a big-endian machine; only little-endian ones are read.");
    }

    /// <summary>The storages in the order in which they follow: every one that the object refers to, once.</summary>
    private static List<PickleStorage> Keys(object? keys, Dictionary<string, PickleStorage> storages)
    {
        if (keys is not PickleList list)
            throw Unreadable.Because("The list of storages is missing.");
        var ordered = new List<PickleStorage>();
        var seen = new HashSet<string>();
        foreach (var key in list.Items)
        {
            if (key is not string text || !storages.TryGetValue(text, out var storage) || !seen.Add(text))
                throw Unreadable.Because("The list of storages names one that no tensor uses, or one twice.");
            ordered.Add(storage);
        }

        if (storages.Keys.FirstOrDefault(key => !seen.Contains(key)) is { } missing)
            throw Unreadable.Because($"The list of storages lacks {Unreadable.Quote(missing)}, which a tensor uses.");
        return ordered;
    }

    /// <summary>The byte at which each storage's elements begin.</summary>
    private static Dictionary<string, long> Places(MappedBytes file, long end, List<PickleStorage> ordered)
    {
        var places = new Dictionary<string, long>();
        foreach (var storage in ordered)
        {
            var name = Unreadable.Quote(storage.Key);
            if (file.Length - end < sizeof(long))
                throw Unreadable.Because($"The file ends at byte {file.Length}, before the storage {name}.");
            var count = BinaryPrimitives.ReadInt64LittleEndian(file.Span(end, sizeof(long)));
            if (count != storage.Count)
            {
                throw Unreadable.Because(
                    $"At byte {end}: the storage {name} says it has {count} elements; its tensors say {storage.Count}."
                );
            }

            end += sizeof(long);
            if (storage.ByteLength > file.Length - end)
            {
                throw Unreadable.Because(
                    $"At byte {end}: the storage {name} needs {storage.ByteLength} bytes, but the file has {file.Length - end} left."
                );
            }

            places.Add(storage.Key, end);
            end += storage.ByteLength;
        }

        if (end != file.Length)
            throw Unreadable.Because($"At byte {end}: {file.Length - end} bytes stand after the last storage.");
        return places;
    }
}
