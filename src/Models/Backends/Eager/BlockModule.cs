using ModelService.Models.Language.Analysis;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Eager;

/// <summary>
/// A network or a keyed block of one: a TorchSharp module with its children under PyTorch's keys, so that its state
/// dict has PyTorch's names. It owns its children; disposing it frees their parameters.
/// </summary>
internal sealed class BlockModule : nn.Module<Tensor, Tensor>
{
    private static readonly Lock GeneratorLock = new();

    private Func<Tensor, Tensor> compute = static input => input;

    /// <summary>Makes an empty block.</summary>
    public BlockModule()
        : base("block") { }

    /// <summary>Builds a whole network, with random weights, on the CPU.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Seed of the random weights; null: different weights each time.</param>
    /// <returns>Maps <c>[N, ...input]</c> to <c>[N, ...output]</c>, float32. The caller disposes it.</returns>
    public static BlockModule Build(ArchitectureAnalysis analysis, long? seed)
    {
        // libtorch has one random number generator for all threads.
        lock (GeneratorLock)
        {
            if (seed is { } value)
                manual_seed(value);
            else
                torch.seed();
            var network = new BlockModule();
            network.Computes(Chain(analysis.Layers, network));
            return network;
        }
    }

    /// <summary>Chains layers. Each result between them is freed as soon as the next layer has used it.</summary>
    public static Func<Tensor, Tensor> Chain(IReadOnlyList<LayerNode> nodes, BlockModule parent)
    {
        var steps = nodes.Select(node => node.Definition.Build(node, parent)).ToArray();
        return input =>
        {
            var current = input;
            foreach (var step in steps)
            {
                var next = step(current);
                if (!ReferenceEquals(current, input) && !ReferenceEquals(current, next))
                    current.Dispose();
                current = next;
            }

            return current;
        };
    }

    /// <summary>Sets the function that the block computes.</summary>
    /// <returns>The block as a function, for its parent.</returns>
    public Func<Tensor, Tensor> Computes(Func<Tensor, Tensor> function)
    {
        compute = function;
        return call;
    }

    /// <summary>Registers a layer's module under the layer's key; from then on the block owns the module.</summary>
    public T Add<T>(LayerNode node, T module)
        where T : nn.Module
    {
        register_module(node.Key[(node.Key.LastIndexOf('.') + 1)..], module);
        return module;
    }

    /// <summary>Registers an empty block under the layer's key.</summary>
    public BlockModule AddBlock(LayerNode node) => Add(node, new BlockModule());

    /// <summary>Runs the block.</summary>
    /// <param name="input">Borrowed.</param>
    /// <returns>Owned by the caller; may be <paramref name="input"/> itself when the block has no layers.</returns>
    public override Tensor forward(Tensor input) => compute(input);
}
