using System.Runtime.InteropServices;
using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Runtime;

/// <summary>Builds a network's module and puts its weights in.</summary>
internal static class LoadedModule
{
    private static readonly Lock Generator = new();

    /// <summary>Builds a module for inference on the CPU, in float32.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Makes the random weights the same each time; null: other ones each time.</param>
    /// <param name="weights">Tensors to copy in, borrowed until this returns; what they leave out stays random.</param>
    /// <returns>The module; the caller disposes it.</returns>
    public static BlockModule Create(ArchitectureAnalysis analysis, long? seed, IReadOnlyList<TensorPair> weights)
    {
        var module = Build(analysis, seed);
        try
        {
            Load(module, weights);
            module.eval();
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    private static BlockModule Build(ArchitectureAnalysis analysis, long? seed)
    {
        // What TorchSharp needs for a moment to fill parameters in goes at once, not when the garbage collector comes by.
        using var scope = NewDisposeScope();

        // libtorch has one generator for all threads.
        lock (Generator)
        {
            if (seed is { } value) manual_seed(value);
            else TorchSharp.torch.seed();
            return BlockModule.Build(analysis);
        }
    }

    private static void Load(BlockModule module, IReadOnlyList<TensorPair> weights)
    {
        using var scope = NewDisposeScope();
        using var untracked = no_grad();
        var tensors = module.state_dict();
        foreach (var (expected, stored) in weights)
        {
            var bytes = tensors[expected.Name].bytes;
            if (expected.IsCounter) stored.CopyTo(MemoryMarshal.Cast<byte, long>(bytes));
            else stored.CopyTo(MemoryMarshal.Cast<byte, float>(bytes));
        }
    }
}
