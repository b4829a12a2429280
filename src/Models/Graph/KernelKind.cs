namespace ModelService.Models.Graph;

/// <summary>How a convolution or linear layer is computed.</summary>
internal enum KernelKind
{
    /// <summary>By libtorch's own function; what is fused follows it in place.</summary>
    Plain,

    /// <summary>By oneDNN with prepacked weights, convolutions in channels_last, and what is fused in the same pass over memory.</summary>
    Fused,

    /// <summary>A convolution as a linear layer over the channels, which lie side by side in channels_last.</summary>
    AsLinear,
}
