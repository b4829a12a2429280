using ModelService.Models.Graph;

namespace ModelService.Models.Compilation.Passes;

/// <summary>
/// Brings pictures into channels_last at the start, for libtorch's own convolutions. Where oneDNN computes, its kernels
/// do that themselves.
/// </summary>
internal static class UseChannelsLast
{
    /// <summary>Applies the pass.</summary>
    public static Plan Apply(Plan plan) => plan with { IsChannelsLast = plan.Input.Shape.Rank == 3 };
}
