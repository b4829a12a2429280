using System.Text;

namespace ModelService.Models.Weights;

/// <summary>Collects the tensors of a file and checks the limits, by the same rules for every format.</summary>
internal sealed class TensorList(WeightsLimits limits)
{
    private readonly List<StoredTensor> tensors = [];
    private readonly HashSet<string> names = [];
    private long totalBytes;

    /// <summary>The tensors so far.</summary>
    public IReadOnlyList<StoredTensor> Tensors => tensors;

    /// <summary>
    /// Checks the number of tensors against the limit. Callers check the number that a file claims before they read.
    /// </summary>
    public static void CheckCount(long count, WeightsLimits limits)
    {
        if (count > limits.MaxTensors)
            throw Unreadable.Because($"The file has {count} tensors; at most {limits.MaxTensors} are allowed.");
    }

    /// <summary>Adds a tensor.</summary>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: the tensor exceeds a limit, or another one has the same name.
    /// </exception>
    public void Add(StoredTensor tensor)
    {
        CheckCount(tensors.Count + 1L, limits);
        var name = Unreadable.Quote(tensor.Name);
        if (Encoding.UTF8.GetByteCount(tensor.Name) > limits.MaxNameBytes)
            throw Unreadable.Because($"The tensor name {name} is longer than {limits.MaxNameBytes} bytes.");
        if (!names.Add(tensor.Name))
            throw Unreadable.Because($"The tensor {name} occurs twice in the file.");
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
                $"The tensors up to {name} take {totalBytes} bytes; at most {limits.MaxTotalBytes} are allowed."
            );
        }

        tensors.Add(tensor);
    }
}
