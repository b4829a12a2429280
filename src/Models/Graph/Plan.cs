namespace ModelService.Models.Graph;

/// <summary>A network as a list of operators.</summary>
/// <param name="Input">The network's input.</param>
/// <param name="Operators">The operators in the order in which they run.</param>
/// <param name="Output">The network's output.</param>
internal sealed record Plan(Value Input, IReadOnlyList<Operator> Operators, Value Output)
{
    /// <summary>
    /// Whether pictures are converted to channels_last at the start and stay in that layout. False for plans with
    /// oneDNN's kernels, which convert by themselves.
    /// </summary>
    public bool IsChannelsLast { get; init; }

    /// <summary>Whether this program's own code computes the plan, instead of libtorch.</summary>
    public bool IsManaged { get; init; }

    /// <summary>
    /// Number of operators, from the first one on, that compute two inputs of a batch at a time. The operators after
    /// them compute the whole batch at once.
    /// </summary>
    public int OperatorsInPairs { get; init; }
}
