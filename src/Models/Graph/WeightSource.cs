namespace ModelService.Models.Graph;

/// <summary>Where the weight and bias of a convolution or linear layer come from.</summary>
internal abstract record WeightSource
{
    /// <summary>Name of the bias in the state dict; null when there is none.</summary>
    public string? Bias { get; init; }

    /// <summary>Outputs whose bias counts as 0, whatever the state dict says; null for none.</summary>
    public (long Start, long Length)? UnbiasedRows { get; init; }

    /// <summary>Batch norms folded in, in order: each scales and shifts the output channels.</summary>
    public IReadOnlyList<Norm> Norms { get; init; } = [];

    /// <summary>Number of input channels of zeros that are added to the weight.</summary>
    public long PadIn { get; init; }

    /// <summary>Number of output channels of zeros that are added to weight and bias.</summary>
    public long PadOut { get; init; }

    /// <summary>Whether there is a bias, the layer's own or that of a folded norm.</summary>
    public bool HasBias => Bias is not null || Norms.Count > 0;
}

/// <summary>A weight of the state dict.</summary>
/// <param name="Name">Name in the state dict.</param>
internal sealed record NamedWeights(string Name) : WeightSource;

/// <summary>A fixed 3x3 kernel that is applied to each channel by itself.</summary>
/// <param name="Kernel">The kernel, row by row.</param>
/// <param name="Channels">Number of channels.</param>
internal sealed record FixedWeights(IReadOnlyList<double> Kernel, long Channels) : WeightSource;

/// <summary>The parameters of a batch norm.</summary>
/// <param name="Key">Key of the layer.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Affine">Whether it scales and shifts.</param>
/// <param name="Momentum">While training: the share of a batch's statistics that the running ones take over.</param>
internal sealed record Norm(string Key, double Eps, bool Affine, double Momentum);
