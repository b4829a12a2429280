using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Tests.Weights;

/// <summary>
/// The files of <c>Fixtures/weights</c>, and a reader of safetensors that shares nothing with the one under test.
/// </summary>
internal static class WeightsFixtures
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Fixtures", "weights");

    public static JsonElement Manifest(string folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, folder, "manifest.json")));
        return json.RootElement.Clone();
    }

    public static JsonElement Entry(string folder, string file) =>
        Manifest(folder)
            .GetProperty("files")
            .EnumerateArray()
            .Single(entry => entry.GetProperty("file").GetString() == file);

    public static IEnumerable<TheoryDataRow<string>> Files(string folder) =>
        Manifest(folder)
            .GetProperty("files")
            .EnumerateArray()
            .Select(entry => new TheoryDataRow<string>(entry.GetProperty("file").GetString()!));

    /// <summary>Opens a file of the folder within the usual limits.</summary>
    public static WeightsFile Open(string name) => WeightsFile.Open(Path.Combine(Folder, name), WeightsLimits.Default);

    /// <summary><c>expect</c> and the other right outcomes.</summary>
    public static string[] Outcomes(JsonElement entry) =>
        [
            entry.GetProperty("expect").GetString()!,
            .. entry.TryGetProperty("or", out var or) ? or.EnumerateArray().Select(item => item.GetString()!) : [],
        ];

    public static List<TensorSpec> Specs(string net) =>
        [
            .. Manifest("")
                .GetProperty("nets")
                .GetProperty(net)
                .GetProperty("state_dict")
                .EnumerateArray()
                .Select(tensor => new TensorSpec(
                    tensor[0].GetString()!,
                    Longs(tensor[1]),
                    tensor[2].GetString() == "int64"
                )),
        ];

    public static long[] Longs(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt64())];

    /// <summary>
    /// float32 and int64 tensors. The latter become floats, which is exact for the counters in the fixtures.
    /// </summary>
    public static Dictionary<string, float[]> ReadSafetensors(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var headerSize = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerSize));
        var tensors = new Dictionary<string, float[]>();
        foreach (
            var property in header.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__")
        )
        {
            var offsets = property.Value.GetProperty("data_offsets");
            var data = bytes.AsSpan(8 + headerSize)[offsets[0].GetInt32()..offsets[1].GetInt32()];
            tensors[property.Name] =
                property.Value.GetProperty("dtype").GetString() == "I64"
                    ? [.. MemoryMarshal.Cast<byte, long>(data).ToArray().Select(value => (float)value)]
                    : MemoryMarshal.Cast<byte, float>(data).ToArray();
        }

        return tensors;
    }

    public static float[] Floats(StoredTensor tensor)
    {
        var values = new float[tensor.ElementCount];
        tensor.CopyTo(values);
        return values;
    }
}
