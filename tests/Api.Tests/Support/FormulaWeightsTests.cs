using System.Globalization;
using System.Text.Json;

namespace ModelService.Api.Tests.Support;

/// <summary>The helper that the golden tests stand on, against the numbers PyTorch's side wrote down.</summary>
public sealed class FormulaWeightsTests
{
    public static IEnumerable<TheoryDataRow<string, string>> Vectors =>
        from folder in new[] { "goldens", "families" }
        from vector in Fixtures.Json(folder, "formula.json").GetProperty("vectors").EnumerateArray()
        where vector.TryGetProperty("float32_first4_bits", out _)
        select new TheoryDataRow<string, string>(folder, vector.GetProperty("name").GetString()!);

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Values_Vector_AreItsBits(string folder, string name)
    {
        var vector = Fixtures
            .Json(folder, "formula.json")
            .GetProperty("vectors")
            .EnumerateArray()
            .Single(item => item.GetProperty("name").GetString() == name);

        var values = FormulaWeights.Values(
            name,
            vector.GetProperty("shape").Longs(),
            vector.GetProperty("gain").GetDouble()
        );

        var bits = vector
            .GetProperty("float32_first4_bits")
            .Texts()
            .Select(text => uint.Parse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(bits, values.Take(4).Select(BitConverter.SingleToUInt32Bits));
        Assert.Equal(vector.GetProperty("float32_last").GetSingle(), values[^1]);

        // The sum is of the float64 values; each of ours is rounded to float32, by at most 2^-24 of itself.
        var sum = values.Sum(value => (double)value);
        Assert.Equal(
            vector.GetProperty("float64_sum").GetDouble(),
            sum,
            values.Sum(value => Math.Abs((double)value)) / (1 << 24)
        );
    }

    [Fact]
    public void Write_Layout_IsASafetensorsFileOfIt()
    {
        using var file = new TemporaryFile();
        var golden = JsonElement.Parse(
            """
            {"gain":1.125,"salt":"","state_dict":[["bn1.weight",[64],"float32"],["bn1.num_batches_tracked",[],"int64"],
              ["fc.bias",[1000],"float32"]]}
            """
        );

        FormulaWeights.Write(file.Path, golden);

        var written = SafetensorsFile.Read(file.Path);
        Assert.Equal(["bn1.weight", "bn1.num_batches_tracked", "fc.bias"], written.Names);
        Assert.Equal("I64", written.Dtype("bn1.num_batches_tracked"));
        Assert.Equal([0], written.Floats("bn1.num_batches_tracked"));
        Assert.Equal([64], written.Shape("bn1.weight"));
        Assert.Equal(FormulaWeights.Values("fc.bias", [1000], 1.125), written.Floats("fc.bias"));
    }
}
