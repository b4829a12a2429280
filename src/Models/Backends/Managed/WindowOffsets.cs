namespace ModelService.Models.Backends.Managed;

/// <summary>The numbers that a convolution reads for one output, as runs of adjacent numbers.</summary>
/// <param name="Starts">Offset of each run from the window's first number.</param>
/// <param name="Run">Length of each run.</param>
internal sealed record WindowOffsets(int[] Starts, int Run);
