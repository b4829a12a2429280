using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Keeps values as 8-bit integers between the layers that compute with them, also through operators that only move or
/// compare elements, and converts them where other operators read them.
/// </summary>
internal sealed class QuantizeValues
{
    private readonly Plan plan;
    private readonly ILookup<Value, Operator> readers;
    private readonly List<Operator> operators = [];
    private readonly Dictionary<Value, QuantizedFormat> formats = []; // of the values that are integers
    private readonly Dictionary<(Value, QuantizedFormat?), Value> conversions = [];
    private int next;

    private QuantizeValues(Plan plan)
    {
        this.plan = plan;
        readers = plan
            .Operators.SelectMany(item => item.Inputs, (item, input) => (Input: input, Reader: item))
            .ToLookup(use => use.Input, use => use.Reader);
        next = plan.Operators.Select(item => item.Output.Number).Append(plan.Input.Number).Max() + 1;
    }

    /// <summary>Applies the pass.</summary>
    /// <param name="plan">The plan, its kernels selected and everything fused.</param>
    public static Plan Apply(Plan plan) => new QuantizeValues(plan).Apply();

    private Plan Apply()
    {
        foreach (var item in plan.Operators)
        {
            if (item is WeightedOperator { Quantization: { } layer } weighted)
                Add(weighted, layer);
            else if (MovesIntegers(item) && CommonFormat(item) is { } format)
                Add(item, format);
            else
                operators.Add(item with { Inputs = [.. item.Inputs.Select(input => As(null, input, item.Key))] });
        }

        var output = As(null, plan.Output, plan.Operators is [.., var last] ? last.Key : "");
        return plan with { Operators = operators, Output = output };
    }

    private void Add(WeightedOperator item, LayerQuantization layer)
    {
        if (item.HasAddend != layer.Addend is not null)
            throw new InvalidOperationException($"'{item.Key}' was calibrated with another sum than it computes.");

        // A sum is written over the addend, and so in integers.
        var output = item.HasAddend || WantsIntegers(item.Output) ? layer.Output : null;
        var addend = item.HasAddend ? formats.GetValueOrDefault(item.Inputs[1]) ?? layer.Addend : null;
        Value[] inputs = [As(layer.Input, item.Inputs[0], item.Key)];
        if (addend is not null)
            inputs = [.. inputs, As(addend, item.Inputs[1], item.Key)];
        operators.Add(item with { Inputs = inputs, Quantized = new QuantizedForm(layer.Input, addend, output) });
        if (output is not null)
            formats[item.Output] = output;
    }

    private void Add(Operator item, QuantizedFormat format)
    {
        operators.Add(item is MaxPoolOperator pool ? pool with { IsOfIntegers = true } : item);
        formats[item.Output] = format;
    }

    // The value in a format; null is float32.
    private Value As(QuantizedFormat? wanted, Value value, string key)
    {
        var given = formats.GetValueOrDefault(value);
        if (given == wanted)
            return value;
        if (conversions.TryGetValue((value, wanted), out var known))
            return known;
        var source = given is null || wanted is null ? value : As(null, value, key);
        Operator conversion = wanted is null ? new DequantizeOperator(given!) : new QuantizeOperator(wanted);
        var result = new Value(next++, value.Shape);
        operators.Add(conversion with { Key = key, Inputs = [source], Output = result });
        if (wanted is not null)
            formats[result] = wanted;
        conversions.Add((value, wanted), result);
        return result;
    }

    private bool WantsIntegers(Value value) =>
        value != plan.Output
        && readers[value]
            .Any(reader =>
                reader is WeightedOperator { Quantization: not null }
                || (MovesIntegers(reader) && WantsIntegers(reader.Output))
            );

    private QuantizedFormat? CommonFormat(Operator item) =>
        item.Inputs.Select(input => formats.GetValueOrDefault(input)).Distinct().ToList() is [{ } format]
            ? format
            : null;

    /// <summary>Whether an operator gives the same for integers as for the numbers they stand for.</summary>
    internal static bool MovesIntegers(Operator item) =>
        item
            is MaxPoolOperator { Geometry.Rank: 2 }
                or ConcatOperator
                or ReshapeOperator
                or PermuteOperator
                or SliceOperator;
}
