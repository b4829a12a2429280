namespace ModelService.Models.Graph;

/// <summary>A network as a list of operators.</summary>
/// <param name="Input">What goes in.</param>
/// <param name="Operators">In the order they run in.</param>
/// <param name="Output">What comes out.</param>
internal sealed record Plan(Value Input, IReadOnlyList<Operator> Operators, Value Output)
{
    /// <summary>Whether pictures are brought into channels_last at the start and stay in it; where oneDNN computes, it sees to that by itself.</summary>
    public bool IsChannelsLast { get; init; }

    /// <summary>Whether it is computed by this program's own code.</summary>
    public bool IsSmall { get; init; }

    /// <summary>How many operators, from the first on, compute two inputs of a batch at a time; those behind them compute all at once.</summary>
    public int OperatorsInPairs { get; init; }
}
