using ModelService.Models.Compilation.Passes;
using ModelService.Models.Graph;

namespace ModelService.Models.Int8;

/// <summary>
/// The values that layers read and write as 8-bit integers, those together that must have one format: what an operator
/// moves has the format of what it gives.
/// </summary>
internal sealed class ValueGroups
{
    private readonly Dictionary<Value, ValueGroup> groups = [];

    /// <summary>Finds the groups of a network.</summary>
    /// <param name="fused">The network as <see cref="QuantizableLayers.Fuse"/> gives it.</param>
    public ValueGroups(Plan fused)
    {
        foreach (var layer in QuantizableLayers.Of(fused))
        {
            foreach (var value in layer.Inputs.Append(layer.Output))
                groups.TryAdd(value, new ValueGroup([value]));
        }

        // Until nothing changes: a value can be moved several times.
        for (var isChanged = true; isChanged; )
        {
            isChanged = false;
            foreach (var item in fused.Operators.Where(QuantizeValues.MovesIntegers))
                isChanged |= Join([.. item.Inputs, item.Output]);
        }
    }

    /// <summary>All groups, in the order in which the network computes their first values.</summary>
    public IEnumerable<ValueGroup> All => groups.Values.Distinct().OrderBy(group => group.First.Number);

    /// <summary>The group of a value; null where it is never integers.</summary>
    public ValueGroup? Find(Value value) => groups.GetValueOrDefault(value);

    private bool Join(List<Value> values)
    {
        var touched = values.Select(Find).OfType<ValueGroup>().Distinct().ToList();
        if (touched.Count == 0 || (touched.Count == 1 && values.TrueForAll(touched[0].Values.Contains)))
            return false;
        var joined = new ValueGroup([.. touched.SelectMany(group => group.Values).Union(values)]);
        foreach (var value in joined.Values)
            groups[value] = joined;
        return true;
    }
}

/// <summary>Values that have one format.</summary>
/// <param name="Values">The values.</param>
internal sealed record ValueGroup(IReadOnlySet<Value> Values)
{
    /// <summary>A group of some values.</summary>
    public ValueGroup(IEnumerable<Value> values)
        : this(values.ToHashSet()) { }

    /// <summary>The value that is computed first.</summary>
    public Value First => Values.MinBy(value => value.Number)!;

    /// <summary>The distribution of all its numbers.</summary>
    public ValueHistogram Histogram { get; } = new();
}
