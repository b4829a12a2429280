using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Weights;

/// <summary>The tensors of a model in memory as if they came from a file, so that another model can take them.</summary>
internal sealed class LiveTensors : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    /// <summary>Looks at a model's tensors; those that are not on the CPU are copied there.</summary>
    /// <param name="stateDict">Borrowed: they must live as long as this.</param>
    /// <remarks>A dispose scope belongs to its thread: make, use and dispose this on one.</remarks>
    public LiveTensors(IReadOnlyDictionary<string, Tensor> stateDict) =>
        Tensors = [.. stateDict.Select(pair => Stored(pair.Key, TensorMemory.OnHost(pair.Value)))];

    /// <summary>The tensors; valid until this is disposed.</summary>
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
