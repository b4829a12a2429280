namespace ModelService.Models.Graph;

/// <summary>The kernel that computes a convolution or linear layer.</summary>
internal enum KernelKind
{
    /// <summary>libtorch's own function; the fused sum and activation follow it in place.</summary>
    Plain,

    /// <summary>
    /// oneDNN with prepacked weights, and convolutions in channels_last. The fused sum and activation are computed in
    /// the same pass over memory.
    /// </summary>
    Fused,

    /// <summary>For convolutions: a linear layer over the channels, which are adjacent in channels_last.</summary>
    AsLinear,

    /// <summary>
    /// On a GPU: cuDNN's convolution that computes the bias, the fused sum and relu in the same pass over memory.
    /// </summary>
    Cudnn,

    /// <summary>On a GPU: libtorch's own depthwise convolution. cuDNN would compile one for each batch size.</summary>
    Depthwise,

    /// <summary>oneDNN with 8-bit integers and prepacked weights, its sum and activation fused.</summary>
    Quantized,
}
