using System.Text;

namespace ModelService.Models.Weights;

/// <summary>Collects the tensors of a file within the limits; the same rules for every format.</summary>
internal sealed class TensorList(WeightsLimits limits)
{
    private readonly List<StoredTensor> tensors = [];
    private readonly HashSet<string> names = [];
    private long totalBytes;

    public IReadOnlyList<StoredTensor> Tensors => tensors;

    /// <summary>Refuses a number of tensors that a file announces, before any is read.</summary>
    public static void CheckCount(long count, WeightsLimits limits)
    {
        if (count > limits.MaxTensors)
            throw Unreadable.Because($"The file has {count} tensors; at most {limits.MaxTensors} are taken.");
    }

    public void Add(StoredTensor tensor)
    {
        CheckCount(tensors.Count + 1L, limits);
        var name = Unreadable.Quote(tensor.Name);
        if (Encoding.UTF8.GetByteCount(tensor.Name) > limits.MaxNameBytes)
            throw Unreadable.Because($"The tensor name {name} is longer than {limits.MaxNameBytes} bytes.");
        if (!names.Add(tensor.Name))
            throw Unreadable.Because($"The tensor {name} stands twice in the file.");
        if (tensor.ElementCount > int.MaxValue || tensor.Geometry.Extent > int.MaxValue)
        {
            throw Unreadable.Because(
                $"The tensor {name} of shape {Unreadable.Sizes(tensor.Shape)} has or spans more than 2^31 - 1 elements."
            );
        }

        totalBytes += tensor.ElementCount * Math.Max(tensor.Dtype.Size(), sizeof(float));
        if (totalBytes > limits.MaxTotalBytes)
        {
            throw Unreadable.Because(
                $"The tensors up to {name} take {totalBytes} bytes; at most {limits.MaxTotalBytes} are taken."
            );
        }

        tensors.Add(tensor);
    }
}
