using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Eager;

/// <summary>Builds a network's module and puts its weights in.</summary>
internal static class LoadedModule
{
    /// <summary>Builds a module for inference on the CPU, in float32.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Makes the random weights the same each time; null: other ones each time.</param>
    /// <param name="weights">Tensors to copy in, borrowed until this returns; what they leave out stays random.</param>
    /// <returns>The module; the caller disposes it.</returns>
    public static BlockModule Create(ArchitectureAnalysis analysis, long? seed, IReadOnlyList<TensorPair> weights)
    {
        // What TorchSharp needs for a moment to fill parameters in goes at once, not when the garbage collector comes by.
        using var scope = NewDisposeScope();
        var module = BlockModule.Build(analysis, seed);
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

    /// <summary>Copies tensors in.</summary>
    /// <param name="module">The module, on the CPU.</param>
    /// <param name="weights">Borrowed until this returns.</param>
    public static void Load(BlockModule module, IReadOnlyList<TensorPair> weights)
    {
        var tensors = module.state_dict();
        AllCores.ForEach(
            weights,
            pair =>
            {
                if (pair.Expected.IsCounter)
                    pair.Stored.CopyTo(TensorMemory.Elements<long>(tensors[pair.Expected.Name]));
                else
                    pair.Stored.CopyTo(TensorMemory.Elements<float>(tensors[pair.Expected.Name]));
            }
        );
    }
}
