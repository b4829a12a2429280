namespace ModelService.Models.Weights;

/// <summary>A client's choices about a weights file.</summary>
/// <param name="AllowPartial">Whether tensors may be missing or left over.</param>
/// <param name="StateDict">
/// The keys around the state dict in the file, joined by dots; <c>.</c> for the file's own dict. Null: the one that
/// fits the network.
/// </param>
/// <param name="Prefix">The prefix of the network's tensors in the file. Null: the one that fits the network.</param>
public sealed record WeightsTerms(bool AllowPartial = false, string? StateDict = null, string? Prefix = null)
{
    /// <summary>All tensors must fit, and nothing is chosen.</summary>
    public static WeightsTerms Default { get; } = new();
}
