using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ModelService.TestSupport;

/// <summary>
/// The weights of <c>Fixtures/goldens</c>, which are computed instead of stored: from a hash of each tensor's name and
/// of each number's index. <c>formula.json</c> there says how.
/// </summary>
public static class FormulaWeights
{
    private const int Chunk = 1 << 16;

    /// <summary>Writes the weights of a golden network as a safetensors file.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="golden">The golden's JSON: its <c>state_dict</c>, <c>gain</c> and <c>salt</c> count.</param>
    public static void Write(string path, JsonElement golden)
    {
        var (gain, salt) = (golden.GetProperty("gain").GetDouble(), golden.GetProperty("salt").GetString()!);
        var headGain = golden.TryGetProperty("head_gain", out var given) ? given.GetDouble() : gain;
        var head = golden.TryGetProperty("head", out var key) ? key.GetString() : null;
        var tensors = golden
            .GetProperty("state_dict")
            .EnumerateArray()
            .Select(tensor =>
                (
                    Name: tensor[0].GetString()!,
                    Shape: tensor[1].EnumerateArray().Select(size => size.GetInt64()).ToArray()
                )
            )
            .ToList();
        var (header, offset) = (new Dictionary<string, object>(), 0L);
        foreach (var (name, shape) in tensors)
        {
            var end = offset + (Count(shape) * (IsCounter(name) ? sizeof(long) : sizeof(float)));
            header[name] = new
            {
                dtype = IsCounter(name) ? "I64" : "F32",
                shape,
                data_offsets = new[] { offset, end },
            };
            offset = end;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        foreach (var (name, shape) in tensors)
        {
            if (IsIndex(name))
            {
                var side = (long)Math.Round(Math.Pow(Count(shape), 0.25));
                file.Write(MemoryMarshal.AsBytes<long>(PositionIndex(side)));
            }
            else if (IsCounter(name))
            {
                file.Write(new byte[sizeof(long)]);
            }
            else
            {
                var values = Values(name, shape, name == $"{head}.weight" ? headGain : gain, salt);
                file.Write(MemoryMarshal.AsBytes<float>(values));
            }
        }
    }

    /// <summary>The index of a table of biases for the places in a square window.</summary>
    /// <param name="side">Side of the window.</param>
    public static long[] PositionIndex(long side)
    {
        var index = new long[side * side * side * side];
        for (var i = 0L; i < index.Length; i++)
        {
            var (query, key) = (i / (side * side), i % (side * side));
            var (down, right) = ((query / side) - (key / side), (query % side) - (key % side));
            index[i] = ((down + side - 1) * ((2 * side) - 1)) + right + side - 1;
        }

        return index;
    }

    /// <summary>The numbers of a float32 tensor, row-major.</summary>
    /// <param name="name">Its key in the state dict.</param>
    /// <param name="shape">Its sizes.</param>
    /// <param name="gain">The network's gain.</param>
    /// <param name="salt">Put before the name.</param>
    public static float[] Values(string name, long[] shape, double gain, string salt = "")
    {
        var hash = Fnv1a64(Encoding.UTF8.GetBytes(salt + name));
        var number = Kind(name, shape, gain);
        var values = new float[Count(shape)];
        Parallel.For(
            0,
            (values.Length + Chunk - 1) / Chunk,
            chunk =>
            {
                var end = Math.Min(values.Length, (chunk + 1) * Chunk);
                for (var i = chunk * Chunk; i < end; i++)
                {
                    var u = ((SplitMix64(unchecked(hash + (ulong)i)) >> 11) * (1.0 / (1L << 53)) * 2) - 1;
                    values[i] = number(u);
                }
            }
        );
        return values;
    }

    private static Func<double, float> Kind(string name, long[] shape, double gain)
    {
        if (name.EndsWith(".running_var", StringComparison.Ordinal))
            return static u => (float)(1 + (0.5 * Math.Abs(u)));
        if (
            name.EndsWith(".running_mean", StringComparison.Ordinal) || name.EndsWith(".bias", StringComparison.Ordinal)
        )
        {
            return static u => (float)(0.1 * u);
        }

        if (name.EndsWith("in_proj_bias", StringComparison.Ordinal))
            return static u => (float)(0.1 * u);
        if (name.EndsWith("layer_scale", StringComparison.Ordinal))
            return static u => (float)(0.5 + (0.25 * u));
        if (name.EndsWith("pos_embedding", StringComparison.Ordinal))
            return static u => (float)(0.5 * u);
        if (
            name.EndsWith("class_token", StringComparison.Ordinal)
            || name.EndsWith("relative_position_bias_table", StringComparison.Ordinal)
        )
        {
            return static u => (float)u;
        }

        if (shape.Length == 1)
            return static u => (float)(1 + (0.1 * u));
        var factor = gain * Math.Sqrt(3.0 / Count(shape[1..]));
        return u => (float)(u * factor);
    }

    private static bool IsCounter(string name) =>
        name.EndsWith(".num_batches_tracked", StringComparison.Ordinal) || IsIndex(name);

    private static bool IsIndex(string name) => name.EndsWith(".relative_position_index", StringComparison.Ordinal);

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);

    private static ulong Fnv1a64(byte[] bytes) =>
        bytes.Aggregate(0xcbf29ce484222325, (hash, item) => unchecked((hash ^ item) * 0x100000001b3));

    private static ulong SplitMix64(ulong x)
    {
        unchecked
        {
            var z = x + 0x9e3779b97f4a7c15;
            z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
            z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
            return z ^ (z >> 31);
        }
    }
}
