using ModelService.Models.Tensors;
using static TorchSharp.torch;

namespace ModelService.Models.Weights;

/// <summary>
/// Presents tensors in memory as if they came from a file, so that a network can copy them.
/// </summary>
internal sealed class LiveTensors : IDisposable
{
    private readonly List<Tensor> hosts = [];

    /// <summary>Wraps tensors. Those on another device are copied to the CPU first.</summary>
    /// <param name="stateDict">Borrowed: its tensors must live as long as this instance.</param>
    public LiveTensors(IReadOnlyDictionary<string, Tensor> stateDict) =>
        Tensors = [.. stateDict.Select(pair => Stored(pair.Key, pair.Value))];

    /// <summary>The tensors; valid until this instance is disposed.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    public void Dispose() => hosts.ForEach(tensor => tensor.Dispose());

    private StoredTensor Stored(string name, Tensor tensor)
    {
        var host = TensorMemory.OnHost(tensor);
        hosts.Add(host);
        var isCounter = host.dtype == ScalarType.Int64;
        var bytes = isCounter
            ? MappedBytes.Borrow<long>(new TensorMemoryManager<long>(host).Memory)
            : MappedBytes.Borrow<float>(new TensorMemoryManager<float>(host).Memory);
        return new StoredTensor(
            name,
            isCounter ? WeightsDtype.Int64 : WeightsDtype.Float32,
            TensorGeometry.Contiguous(host.shape)!,
            bytes,
            0
        );
    }
}
