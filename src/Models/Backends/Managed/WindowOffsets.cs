namespace ModelService.Models.Backends.Managed;

/// <summary>What a convolution reads for one output.</summary>
/// <param name="Starts">Where each run of numbers begins, from the window's first number on.</param>
/// <param name="Run">Numbers of a run.</param>
internal sealed record WindowOffsets(int[] Starts, int Run);
