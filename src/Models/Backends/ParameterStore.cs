using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>
/// The tensors of a network by their names in the state dict: float32, counters int64. It owns them; whoever made it
/// disposes it, after the executors that borrow them.
/// </summary>
internal sealed class ParameterStore : IDisposable
{
    private readonly OrderedDictionary<string, Tensor> tensors;

    private ParameterStore(OrderedDictionary<string, Tensor> tensors) => this.tensors = tensors;

    /// <summary>The tensors in the order of the state dict; borrowed, valid until this is disposed.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => tensors;

    /// <summary>A tensor by its name; borrowed.</summary>
    public Tensor this[string name] => tensors[name];

    /// <summary>Makes the tensors of a network on the CPU.</summary>
    /// <param name="specs">The network's state dict.</param>
    /// <param name="seed">
    /// Makes the random numbers those of PyTorch's modules after <c>torch.manual_seed(seed)</c>; null: others each
    /// time.
    /// </param>
    /// <param name="weights">Tensors to copy in, borrowed until this returns; the others stay as initialised.</param>
    /// <returns>The store; the caller disposes it.</returns>
    public static ParameterStore Create(IReadOnlyList<TensorSpec> specs, long? seed, IReadOnlyList<TensorPair> weights)
    {
        var given = weights.Select(pair => pair.Expected.Name).ToHashSet(StringComparer.Ordinal);
        var store = new ParameterStore([]);
        try
        {
            using var scope = NewDisposeScope();
            using var usual = inference_mode(false); // what is made in that mode can't require gradients
            using var untracked = no_grad();
            foreach (var spec in specs)
            {
                var dtype = spec.IsCounter ? ScalarType.Int64 : ScalarType.Float32;
                store.tensors.Add(spec.Name, empty([.. spec.Shape], dtype, CPU).DetachFromDisposeScope());
            }

            // Each random tensor takes its turn with the generator, or the ones after it would be others.
            if (specs.Any(spec => !given.Contains(spec.Name)))
                store.Initialize(specs, seed);
            store.Load(weights);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>A store of tensors that exist already.</summary>
    /// <param name="tensors">The tensors in the order of the state dict; owned by the store from here on.</param>
    public static ParameterStore Adopt(OrderedDictionary<string, Tensor> tensors) => new(tensors);

    /// <summary>A store that shares the memory of tensors with their owner, which must outlive it.</summary>
    /// <param name="tensors">The tensors; borrowed.</param>
    /// <returns>The store; the caller disposes it.</returns>
    public static ParameterStore Share(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var store = new ParameterStore([]);
        foreach (var (name, tensor) in tensors)
            store.tensors.Add(name, tensor.alias().DetachFromDisposeScope());
        return store;
    }

    /// <summary>Copies tensors in.</summary>
    /// <param name="weights">Borrowed until this returns.</param>
    public void Load(IReadOnlyList<TensorPair> weights) =>
        AllCores.ForEach(
            weights,
            pair =>
            {
                var tensor = tensors[pair.Expected.Name];
                if (pair.Expected.IsCounter)
                    pair.Stored.CopyTo(TensorMemory.Elements<long>(tensor));
                else
                    pair.Stored.CopyTo(TensorMemory.Elements<float>(tensor));
            }
        );

    /// <summary>Forgets the gradients.</summary>
    public void ClearGradients()
    {
        foreach (var tensor in tensors.Values)
            tensor.grad = null;
    }

    /// <summary>A copy of the tensors on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="dtype">The number format of all but the counters.</param>
    /// <returns>The copy; the caller disposes it.</returns>
    public ParameterStore CopyTo(Device device, ScalarType dtype = ScalarType.Float32)
    {
        var copy = new ParameterStore([]);
        try
        {
            using var scope = NewDisposeScope();
            using var usual = inference_mode(false);
            using var untracked = no_grad();
            foreach (var (name, tensor) in tensors)
            {
                var type = tensor.dtype == ScalarType.Int64 ? tensor.dtype : dtype;
                copy.tensors.Add(name, tensor.to(type, device, copy: true).DetachFromDisposeScope());
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
    }

    private void Initialize(IReadOnlyList<TensorSpec> specs, long? seed)
    {
        // Not libtorch's default one: all threads share that, and dropout draws from it at any time.
        using var generator = new Generator(unchecked((ulong)(seed ?? Random.Shared.NextInt64())), CPU);
        foreach (var spec in specs)
        {
            var tensor = tensors[spec.Name];
            switch (spec.Initialization)
            {
                case Initialization.Uniform uniform:
                    tensor.uniform_(-uniform.Bound, uniform.Bound, generator);
                    break;
                case Initialization.Normal normal:
                    tensor.normal_(0, normal.Deviation, generator);
                    break;
                case Initialization.PositionIndex window:
                    WindowPositions.Index(window.Height, window.Width).CopyTo(TensorMemory.Elements<long>(tensor));
                    break;
                case Initialization.PositionCoordinates window:
                    WindowPositions
                        .Coordinates(window.Height, window.Width)
                        .CopyTo(TensorMemory.Elements<float>(tensor));
                    break;
                default:
                    TensorMath.Fill(tensor, ((Initialization.Constant)spec.Initialization).Value);
                    break;
            }
        }
    }
}
