using ModelService.Models.Tensors;

namespace ModelService.Models.Weights.Onnx;

/// <summary>
/// The tensors of an ONNX model under the names of a network that has the same layers. They are told by their place in
/// the graph: a model may come with names that mean nothing.
/// </summary>
internal sealed class PretrainedTensors : IDisposable
{
    private const string Shortcut = ".downsample.";

    private readonly WeightsFile file;
    private readonly MappedBytes? swapped;

    /// <summary>Names the tensors.</summary>
    /// <param name="file">The ONNX file; owned.</param>
    /// <param name="network">The network's tensors without its head.</param>
    /// <param name="isBgr">
    /// Whether the model takes blue before green before red. The first convolution is then changed, so that the network
    /// takes red first.
    /// </param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: the tensors are not those of the network.
    /// </exception>
    public PretrainedTensors(WeightsFile file, IReadOnlyList<TensorSpec> network, bool isBgr)
    {
        this.file = file;
        TensorSpec[] specs = [.. InGraphOrder(network.Where(spec => !spec.IsCounter))];
        if (
            !specs
                .Select(spec => spec.Shape)
                .SequenceEqual(file.Tensors.Select(tensor => tensor.Shape), new SameShape())
        )
        {
            throw Unreadable.Because("The tensors of the pretrained file are not those of its network.");
        }

        StoredTensor[] tensors = [.. file.Tensors.Zip(specs, (tensor, spec) => tensor.Named(spec.Name))];
        if (isBgr)
        {
            swapped = SwapColors(tensors[0]);
            tensors[0] = new StoredTensor(
                tensors[0].Name,
                WeightsDtype.Float32,
                TensorGeometry.Contiguous(tensors[0].Geometry.Shape)!,
                swapped,
                0
            );
        }

        Tensors = tensors;
    }

    /// <summary>The tensors; valid until this instance is disposed.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        swapped?.Dispose();
        file.Dispose();
    }

    // A state dict has a block's shortcut after its body; the graph has it before.
    private static IEnumerable<TensorSpec> InGraphOrder(IEnumerable<TensorSpec> specs) =>
        specs
            .GroupBy(spec => string.Join('.', spec.Name.Split('.').Take(2)))
            .SelectMany(block => block.OrderBy(spec => spec.Name.Contains(Shortcut, StringComparison.Ordinal) ? 0 : 1));

    private static MappedBytes SwapColors(StoredTensor first)
    {
        var numbers = new float[first.ElementCount];
        first.CopyTo(numbers);
        var plane = (int)(first.Shape[2] * first.Shape[3]);
        for (var filter = 0; filter < numbers.Length; filter += 3 * plane)
        {
            for (var i = filter; i < filter + plane; i++)
                (numbers[i], numbers[i + (2 * plane)]) = (numbers[i + (2 * plane)], numbers[i]);
        }

        return MappedBytes.Borrow<float>(numbers);
    }

    private sealed class SameShape : IEqualityComparer<IReadOnlyList<long>>
    {
        public bool Equals(IReadOnlyList<long>? x, IReadOnlyList<long>? y) => x!.SequenceEqual(y!);

        public int GetHashCode(IReadOnlyList<long> obj) => obj.Count;
    }
}
