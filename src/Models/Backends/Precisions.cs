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

    /// <summary>
    /// Whether oneDNN adds products of 8-bit integers in 32 bits: this processor has AVX512_VNNI, AVX_VNNI or AMX, and
    /// <c>ONEDNN_MAX_CPU_ISA</c> allows it. Other processors add two products in 16 bits, which overflow where weights
    /// use all 8 bits.
    /// </summary>
    /// <remarks>
    /// Source: oneDNN, "Nuances of int8 Computations"; Intel's Architecture Instruction Set Extensions reference, CPUID
    /// leaf 7.
    /// </remarks>
    public static bool ProcessorAddsInt8Exactly
    {
        get
        {
            if (!X86Base.IsSupported)
                return true;
            var isLimited =
                Environment.GetEnvironmentVariable("ONEDNN_MAX_CPU_ISA")?.ToUpperInvariant()
                is "SSE41"
                    or "AVX"
                    or "AVX2"
                    or "AVX512_CORE";
            var avx512 = Avx512F.IsSupported && ((X86Base.CpuId(7, 0).Ecx >> 11) & 1) != 0;
            var avx = Avx2.IsSupported && ((X86Base.CpuId(7, 1).Eax >> 4) & 1) != 0;
            return !isLimited && (avx512 || avx);
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
            (Precision.Int8, not DeviceType.CPU) => "'int8' is for processors: a GPU computes in 'float16'.",
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
