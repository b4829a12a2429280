using System.Runtime.Intrinsics.X86;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Backends;

/// <summary>The precisions that the hardware supports.</summary>
public static class Precisions
{
    /// <summary>Whether this processor has instructions for products of bfloat16: AVX512_BF16 or AMX.</summary>
    /// <remarks>Source: Intel's Architecture Instruction Set Extensions reference, CPUID leaf 7.</remarks>
    public static bool ProcessorHasBFloat16
    {
        get
        {
            // Avx512F.IsSupported also covers that the operating system saves the wide registers.
            if (!Avx512F.IsSupported)
                return false;
            var amx = (X86Base.CpuId(7, 0).Edx >> 22) & 1;
            var avx512 = (X86Base.CpuId(7, 1).Eax >> 5) & 1;
            return (amx | avx512) != 0;
        }
    }

    /// <summary>Checks that a device supports a precision.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>: it doesn't.</exception>
    public static void Require(Precision precision, Device device)
    {
        var detail = (precision, device.type) switch
        {
            (Precision.Float16, DeviceType.CPU) =>
                "'float16' is for GPUs: processors compute it slowly. Ask for 'float32', or 'bfloat16' where the "
                    + "processor has it.",
            (Precision.BFloat16, DeviceType.CPU) when !ProcessorHasBFloat16 =>
                "'bfloat16' needs a processor with AVX512_BF16 or AMX, and this one has neither. Ask for 'float32'.",
            _ => null,
        };
        if (detail is not null)
            throw new ServingException(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("/precision", detail)]);
    }

    /// <summary>libtorch's scalar type for a precision.</summary>
    internal static ScalarType ScalarType(Precision precision) =>
        precision switch
        {
            Precision.BFloat16 => torch.ScalarType.BFloat16,
            Precision.Float16 => torch.ScalarType.Float16,
            _ => torch.ScalarType.Float32,
        };
}
