namespace ModelService.Models.Weights.Pickle;

/// <summary>The stack of a pickle with its marks, within the limits. Nothing below the last mark can be taken.</summary>
internal sealed class PickleStack(WeightsLimits limits)
{
    private readonly List<object?> values = [];
    private readonly List<int> marks = [];

    private int Floor => marks.Count == 0 ? 0 : marks[^1];

    public int Count => values.Count;

    public bool HasMark => marks.Count > 0;

    public void Push(object? value, ref PickleInput input)
    {
        if (values.Count >= limits.MaxPickleStack)
            throw input.Fault($"more than {limits.MaxPickleStack} values on the stack: nested too deep");
        values.Add(value);
    }

    public object? Pop(ref PickleInput input)
    {
        var value = Top(ref input);
        values.RemoveAt(values.Count - 1);
        return value;
    }

    public object? Top(ref PickleInput input) =>
        values.Count > Floor ? values[^1] : throw input.Fault("a value is taken from the stack, but none is there");

    public void Mark(ref PickleInput input)
    {
        if (marks.Count >= limits.MaxPickleMarks)
            throw input.Fault($"more than {limits.MaxPickleMarks} marks at once: nested too deep");
        marks.Add(values.Count);
    }

    /// <summary>Takes everything above the last mark, and the mark.</summary>
    public object?[] PopToMark(ref PickleInput input)
    {
        if (marks.Count == 0)
            throw input.Fault("values are taken up to a mark, but there is none");
        var floor = Floor;
        object?[] taken = [.. values[floor..]];
        values.RemoveRange(floor, values.Count - floor);
        marks.RemoveAt(marks.Count - 1);
        return taken;
    }

    /// <summary>Takes the mark instead of a value where it is on top, as Python does.</summary>
    public void PopValueOrMark(ref PickleInput input)
    {
        if (marks.Count > 0 && Floor == values.Count)
            marks.RemoveAt(marks.Count - 1);
        else
            Pop(ref input);
    }
}
