using ModelService.Models.Backends;
using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Optimization;

/// <summary>
/// A network's tensors for training: all that are learnt lie in one vector, their gradients in a second one and the
/// running statistics of batch norm in a third. An optimiser's step is then a few operations on long vectors, whatever
/// the number of layers.
/// </summary>
internal sealed class FlatParameters : IDisposable
{
    // Each tensor begins at a multiple of 64 bytes, as oneDNN's kernels like it. The gaps stay zero.
    private const long Alignment = 16;

    private readonly Tensor[] owned;

    /// <summary>Lays a network's tensors out.</summary>
    /// <param name="specs">The network's state dict.</param>
    /// <param name="initial">The values to begin with; borrowed until this returns.</param>
    /// <param name="isTrained">Which tensors are learnt; counters and statistics never are.</param>
    /// <param name="device">The device that computes.</param>
    public FlatParameters(
        IReadOnlyList<TensorSpec> specs,
        ParameterStore initial,
        Func<TensorSpec, bool> isTrained,
        Device device
    )
    {
        // What weight decay may be limited to comes first: weights of two or more dimensions.
        var trained = specs
            .Where(spec => !spec.IsConstant && !spec.IsStatistic && isTrained(spec))
            .OrderBy(spec => spec.Shape.Count < 2)
            .ToList();
        var statistics = specs.Where(spec => spec.IsStatistic).ToList();
        Trained = [.. trained.Select(spec => spec.Name)];
        MatricesLength = Length(trained.Where(spec => spec.Shape.Count >= 2));

        using var scope = NewDisposeScope();
        using var usual = inference_mode(false);
        using var untracked = no_grad();
        Values = zeros(Length(trained), ScalarType.Float32, device);
        Gradients = zeros_like(Values);
        Statistics = zeros(Length(statistics), ScalarType.Float32, device);
        owned = [Values, Gradients, Statistics];

        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (spec, view) in Views(trained, Values).Concat(Views(statistics, Statistics)))
        {
            view.copy_(initial[spec.Name]);
            tensors.Add(spec.Name, view.detach());
        }

        // Backward passes add to a gradient that is there already.
        foreach (var (spec, gradient) in Views(trained, Gradients))
        {
            tensors[spec.Name].requires_grad = true;
            tensors[spec.Name].grad = gradient;
        }

        var ordered = new OrderedDictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var spec in specs)
        {
            var tensor = tensors.GetValueOrDefault(spec.Name) ?? initial[spec.Name].to(device, copy: true);
            ordered.Add(spec.Name, tensor.DetachFromDisposeScope());
        }

        Store = ParameterStore.Adopt(ordered);
        foreach (var tensor in owned)
            tensor.DetachFromDisposeScope();
    }

    /// <summary>The tensors by their names: views of the vectors; borrowed, valid until this is disposed.</summary>
    public ParameterStore Store { get; }

    /// <summary>Names of the tensors that are learnt, in the order of the vectors.</summary>
    public IReadOnlyList<string> Trained { get; }

    /// <summary>All numbers that are learnt.</summary>
    public Tensor Values { get; }

    /// <summary>Their gradients, summed over all backward passes since they were last set to zero.</summary>
    public Tensor Gradients { get; }

    /// <summary>The running statistics of batch norms; empty in a network without them.</summary>
    public Tensor Statistics { get; }

    /// <summary>
    /// Length of the front part of <see cref="Values"/>: weights of two or more dimensions, without biases and norms.
    /// </summary>
    public long MatricesLength { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.ClearGradients();
        Store.Dispose();
        foreach (var tensor in owned)
            tensor.Dispose();
    }

    private static long Length(IEnumerable<TensorSpec> specs) => specs.Sum(Room);

    private static long Room(TensorSpec spec) =>
        (Shape.Product([.. spec.Shape]) + Alignment - 1) / Alignment * Alignment;

    private static IEnumerable<(TensorSpec Spec, Tensor View)> Views(IEnumerable<TensorSpec> specs, Tensor vector)
    {
        long start = 0;
        foreach (var spec in specs)
        {
            var sizes = spec.Shape.ToArray();
            yield return (spec, vector.narrow(0, start, Shape.Product(sizes)).view(sizes));
            start += Room(spec);
        }
    }
}
