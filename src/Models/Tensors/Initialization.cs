namespace ModelService.Models.Tensors;

/// <summary>
/// How a tensor is filled before it is trained. Source: PyTorch, <c>reset_parameters</c> of each module.
/// </summary>
public abstract record Initialization
{
    private Initialization() { }

    /// <summary>Zeros: biases of norms, running means, counters.</summary>
    public static Initialization Zeros { get; } = new Constant(0);

    /// <summary>Ones: scales of norms, running variances.</summary>
    public static Initialization Ones { get; } = new Constant(1);

    /// <summary>Weights of convolutions and linear layers: <c>kaiming_uniform_(a=sqrt(5))</c>.</summary>
    /// <param name="fanIn">Inputs of one output: <c>in_channels / groups · kernel</c>, or <c>in_features</c>.</param>
    /// <remarks>Source: He et al. 2015, arXiv:1502.01852; torch.nn.init.</remarks>
    public static Initialization KaimingUniform(long fanIn)
    {
        // In PyTorch's order of operations, so that the bound is the same to the last bit.
        var slope = Math.Sqrt(5);
        var gain = Math.Sqrt(2.0 / (1 + (slope * slope)));
        return new Uniform(Math.Sqrt(3.0) * (gain / Math.Sqrt(fanIn)));
    }

    /// <summary>Biases of convolutions and linear layers: uniform up to <c>1 / sqrt(fan_in)</c>.</summary>
    /// <param name="fanIn">As for <see cref="KaimingUniform"/>.</param>
    public static Initialization FanInUniform(long fanIn) => new Uniform(1 / Math.Sqrt(fanIn));

    /// <summary>Weights of an attention's projections: <c>xavier_uniform_</c>.</summary>
    /// <param name="fanIn">Inputs.</param>
    /// <param name="fanOut">Outputs.</param>
    /// <remarks>Source: Glorot and Bengio 2010; torch.nn.init.</remarks>
    public static Initialization XavierUniform(long fanIn, long fanOut) =>
        new Uniform(Math.Sqrt(3.0) * Math.Sqrt(2.0 / (fanIn + (double)fanOut)));

    /// <summary>The same number everywhere.</summary>
    /// <param name="Value">The number.</param>
    public sealed record Constant(double Value) : Initialization;

    /// <summary>Random numbers, evenly spread from <c>-Bound</c> to <c>Bound</c>.</summary>
    /// <param name="Bound">The bound.</param>
    public sealed record Uniform(double Bound) : Initialization;

    /// <summary>Random numbers, normally distributed around 0.</summary>
    /// <param name="Deviation">Their standard deviation.</param>
    public sealed record Normal(double Deviation) : Initialization;

    /// <summary>
    /// Rows of a bias table for the places in a window (<see cref="WindowPositions.Index"/>): never trained.
    /// </summary>
    /// <param name="Height">Height of the window.</param>
    /// <param name="Width">Width of the window.</param>
    public sealed record PositionIndex(long Height, long Width) : Initialization;

    /// <summary>Distances in a window (<see cref="WindowPositions.Coordinates"/>): never trained.</summary>
    /// <param name="Height">Height of the window.</param>
    /// <param name="Width">Width of the window.</param>
    public sealed record PositionCoordinates(long Height, long Width) : Initialization;
}
