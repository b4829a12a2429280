using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Eager;

/// <summary>Builds a network's module and loads its weights.</summary>
internal static class LoadedModule
{
    /// <summary>Builds a module for inference on the CPU, in float32.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Seed of the random weights; null: different weights each time.</param>
    /// <param name="weights">
    /// Tensors to copy in, borrowed until this returns; the network's other tensors stay random.
    /// </param>
    /// <returns>The module; the caller disposes it.</returns>
    public static BlockModule Create(ArchitectureAnalysis analysis, long? seed, IReadOnlyList<TensorPair> weights)
    {
        // Frees the temporary tensors with which TorchSharp fills parameters at once, not at the next garbage
        // collection.
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

    /// <summary>Copies tensors into a module.</summary>
    /// <param name="module">The module, on the CPU.</param>
    /// <param name="weights">The tensors; borrowed until this returns.</param>
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
