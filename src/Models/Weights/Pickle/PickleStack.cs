namespace ModelService.Models.Weights.Pickle;

/// <summary>
/// The stack of a pickle and its marks, within the limits. Values below the last mark can't be taken.
/// </summary>
internal sealed class PickleStack(WeightsLimits limits)
{
    private readonly List<object?> values = [];
    private readonly List<int> marks = [];

    private int Floor => marks.Count == 0 ? 0 : marks[^1];

    /// <summary>Puts a value on the stack.</summary>
    public void Push(object? value, ref PickleInput input)
    {
        if (values.Count >= limits.MaxPickleStack)
            throw input.Fault($"more than {limits.MaxPickleStack} values on the stack: nested too deeply");
        values.Add(value);
    }

    /// <summary>Takes the top value.</summary>
    public object? Pop(ref PickleInput input)
    {
        var value = Top(ref input);
        values.RemoveAt(values.Count - 1);
        return value;
    }

    /// <summary>The top value, which stays on the stack.</summary>
    public object? Top(ref PickleInput input) =>
        values.Count > Floor ? values[^1] : throw input.Fault("the opcode needs a value, but the stack has none");

    /// <summary>Sets a mark above the top value.</summary>
    public void Mark(ref PickleInput input)
    {
        if (marks.Count >= limits.MaxPickleMarks)
            throw input.Fault($"more than {limits.MaxPickleMarks} open marks: nested too deeply");
        marks.Add(values.Count);
    }

    /// <summary>Takes all values above the last mark, and removes the mark.</summary>
    public object?[] PopToMark(ref PickleInput input)
    {
        if (marks.Count == 0)
            throw input.Fault("the opcode needs the values above a mark, but there is no mark");
        var floor = Floor;
        object?[] taken = [.. values[floor..]];
        values.RemoveRange(floor, values.Count - floor);
        marks.RemoveAt(marks.Count - 1);
        return taken;
    }

    /// <summary>Removes the top value, or the last mark if no value is above it, as Python does.</summary>
    public void PopValueOrMark(ref PickleInput input)
    {
        if (marks.Count > 0 && Floor == values.Count)
            marks.RemoveAt(marks.Count - 1);
        else
            Pop(ref input);
    }
}
