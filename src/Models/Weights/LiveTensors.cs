using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Weights;

/// <summary>
/// Presents the tensors of a model in memory as if they came from a file, so that another model can copy them.
/// </summary>
internal sealed class LiveTensors : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    /// <summary>Wraps a model's tensors. Tensors on another device are copied to the CPU first.</summary>
    /// <param name="stateDict">Borrowed: its tensors must live as long as this instance.</param>
    /// <remarks>
    /// The instance has a TorchSharp dispose scope, which belongs to a thread: create, use and dispose it on the same
    /// one.
    /// </remarks>
    public LiveTensors(IReadOnlyDictionary<string, Tensor> stateDict) =>
        Tensors = [.. stateDict.Select(pair => Stored(pair.Key, TensorMemory.OnHost(pair.Value)))];

    /// <summary>The tensors; valid until this instance is disposed.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    public void Dispose() => scope.Dispose();

    private static StoredTensor Stored(string name, Tensor tensor)
    {
        var isCounter = tensor.dtype == ScalarType.Int64;
        var bytes = isCounter
            ? MappedBytes.Borrow<long>(new TensorMemoryManager<long>(tensor).Memory)
            : MappedBytes.Borrow<float>(new TensorMemoryManager<float>(tensor).Memory);
        return new StoredTensor(
            name,
            isCounter ? WeightsDtype.Int64 : WeightsDtype.Float32,
            TensorGeometry.Contiguous(tensor.shape)!,
            bytes,
            0
        );
    }
}
