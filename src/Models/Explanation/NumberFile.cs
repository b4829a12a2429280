using System.Runtime.InteropServices;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;

namespace ModelService.Models.Explanation;

/// <summary>Numbers as a safetensors file.</summary>
public static class NumberFile
{
    /// <summary>Writes a file with one tensor.</summary>
    /// <param name="name">Name of the tensor.</param>
    /// <param name="numbers">Its numbers.</param>
    /// <param name="metadata">Strings that describe it.</param>
    public static byte[] Write(string name, NumberGrid numbers, IReadOnlyDictionary<string, string> metadata)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        var spec = new TensorSpec(name, [.. numbers.Sizes.Select(size => (long)size)], IsCounter: false);
        return [.. new SafetensorsLayout([spec], metadata).Header, .. MemoryMarshal.AsBytes<float>(numbers.Values)];
    }
}
