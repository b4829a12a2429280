using ModelService.Models.Runtime;

namespace ModelService.Models.Registry;

/// <summary>A network that is in memory and warm.</summary>
/// <param name="Runner">It; owned by whoever holds this.</param>
/// <param name="Device">Where it computes.</param>
/// <param name="Weights">What it got, and what is random.</param>
/// <param name="Built">When it was there.</param>
internal sealed record BuiltModel(ModelRunner Runner, string Device, LoadedWeights Weights, DateTimeOffset Built);
