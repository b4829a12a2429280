namespace ModelService.Models.Graph;

/// <summary>The numbers of a convolution or linear layer.</summary>
internal abstract record WeightSource
{
    /// <summary>The bias's name in the module; null when there is none.</summary>
    public string? Bias { get; init; }

    /// <summary>Batch norms that follow, folded in: they scale the output channels and shift them.</summary>
    public IReadOnlyList<Norm> Norms { get; init; } = [];

    /// <summary>Channels in that are filled up with zeros.</summary>
    public long PadIn { get; init; }

    /// <summary>Channels out that are filled up with zeros.</summary>
    public long PadOut { get; init; }

    /// <summary>Whether there is a bias, its own or a norm's.</summary>
    public bool HasBias => Bias is not null || Norms.Count > 0;
}

/// <summary>A weight of the module.</summary>
/// <param name="Name">Its name.</param>
internal sealed record NamedWeights(string Name) : WeightSource;

/// <summary>One 3x3 kernel for each channel by itself, never trained.</summary>
/// <param name="Kernel">Row by row.</param>
/// <param name="Channels">How many channels.</param>
internal sealed record FixedWeights(IReadOnlyList<double> Kernel, long Channels) : WeightSource;

/// <summary>The numbers of a batch norm.</summary>
/// <param name="Key">Key of the layer.</param>
/// <param name="Eps">Added to the variance.</param>
/// <param name="Affine">Whether it scales and shifts.</param>
internal sealed record Norm(string Key, double Eps, bool Affine);

/// <summary>A tensor of the module as it is, for a function that is given it.</summary>
/// <param name="Name">Its name.</param>
internal sealed record Parameter(string Name);
