using System.Globalization;
using ModelService.Models.Errors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>The devices that hold and compute tensors.</summary>
public static class ComputeDevice
{
    /// <summary>Finds the device that a definition asks for.</summary>
    /// <param name="name">
    /// <c>auto</c> or null (the first GPU, else the CPU), <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.
    /// </param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.DefinitionInvalid"/>: there is no such GPU here.
    /// </exception>
    public static Device Find(string? name)
    {
        name ??= "auto";
        var gpus = cuda.is_available() ? cuda.device_count() : 0;
        if (name == "cpu" || (name == "auto" && gpus == 0))
            return CPU;
        var index = name.StartsWith("cuda:", StringComparison.Ordinal)
            ? int.Parse(name.AsSpan(5), CultureInfo.InvariantCulture)
            : 0;
        if (index < gpus)
            return device(DeviceType.CUDA, index);
        var detail =
            gpus == 0
                ? $"The device '{name}' is not available: this server has no NVIDIA GPU that it can use. "
                    + "Use 'cpu' or 'auto'."
                : $"The device '{name}' is not available: the GPUs here are cuda:0 to cuda:{gpus - 1}.";
        throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/device", detail)]);
    }
}
