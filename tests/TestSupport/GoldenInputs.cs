using System.Text.Json;

namespace ModelService.TestSupport;

/// <summary>The inputs and logits of <c>Fixtures/goldens</c> and <c>Fixtures/families</c>.</summary>
public static class GoldenInputs
{
    private static readonly double[] Mean = [0.485, 0.456, 0.406];
    private static readonly double[] Deviation = [0.229, 0.224, 0.225];

    /// <summary>A tensor of a safetensors file.</summary>
    /// <param name="reference">File and name, such as <c>goldens/resnet18.safetensors#logits_coffee</c>.</param>
    public static float[] Tensor(string reference)
    {
        var (file, name) = (reference.Split('#')[0], reference.Split('#')[1]);
        return SafetensorsFile.Read(Fixtures.Path(file.Split('/'))).Floats(name);
    }

    /// <summary>
    /// The input of a result: the preset's tensor, grown to the network's input where that is larger, and with the
    /// mean and scale that torchvision's <c>transform_input</c> gives.
    /// </summary>
    /// <param name="golden">The network.</param>
    /// <param name="result">The result; its input has a tensor.</param>
    public static float[] Input(JsonElement golden, JsonElement result)
    {
        const int Side = 224;
        var input = result.GetProperty("input");
        var tensor = Tensor(input.GetProperty("tensor").GetString()!);
        var size = input.TryGetProperty("grown_to", out var grown) ? grown.GetInt32() : Side;
        var isTransformed = golden.TryGetProperty("transform_input", out var transform) && transform.GetBoolean();
        var values = new float[3 * size * size];
        for (var i = 0; i < values.Length; i++)
        {
            var (channel, row, column) = (i / (size * size), i / size % size, i % size);
            var value = tensor[(((channel * Side) + (row * Side / size)) * Side) + (column * Side / size)];
            values[i] = isTransformed
                ? (value * (float)(Deviation[channel] / 0.5)) + (float)((Mean[channel] - 0.5) / 0.5)
                : value;
        }

        return values;
    }

    /// <summary>How far a logit may be off: float32 summed in another order.</summary>
    /// <param name="golden">The network.</param>
    /// <param name="expected">The logits.</param>
    public static double Tolerance(JsonElement golden, float[] expected)
    {
        var tolerance = golden.GetProperty("tolerance");
        return Math.Max(
            tolerance.GetProperty("absolute").GetDouble(),
            tolerance.GetProperty("relative_to_largest_logit").GetDouble() * expected.Max(Math.Abs)
        );
    }
}
