namespace ModelService.Models.Graph;

/// <summary>A network as a list of operators.</summary>
/// <param name="Input">The network's input.</param>
/// <param name="Operators">The operators in the order in which they run.</param>
/// <param name="Output">The network's output.</param>
internal sealed record Plan(Value Input, IReadOnlyList<Operator> Operators, Value Output)
{
    /// <summary>
    /// The output of each layer by its path; passes that rewrite the operators leave some of them uncomputed.
    /// </summary>
    public IReadOnlyDictionary<string, Value> LayerOutputs { get; init; } = new Dictionary<string, Value>();

    /// <summary>
    /// Whether pictures are converted to channels_last at the start and stay in that layout. False for plans with
    /// oneDNN's kernels, which convert by themselves.
    /// </summary>
    public bool IsChannelsLast { get; init; }

    /// <summary>
    /// Number of operators, from the first one on, that compute two inputs of a batch at a time. The operators after
    /// them compute the whole batch at once.
    /// </summary>
    public int OperatorsInPairs { get; init; }

    /// <summary>Whether an operator computes a value.</summary>
    public bool Computes(Value value) => Operators.Any(item => item.Output == value);
}
