using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Language;
using ModelService.Models.Language.Reading;
using TorchSharp;

namespace ModelService.Models.Execution;

/// <summary>
/// The keys of results that are stored: hashes of everything that a result depends on. When one part changes, the
/// result is not found and is computed again.
/// </summary>
internal static class PlanKey
{
    /// <summary>
    /// Computes a key from the model, this build of the program, libtorch, the processor and the number of threads.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="device">The device that it computes on.</param>
    /// <param name="maxBatchSize">The largest batch.</param>
    /// <param name="kind">The kind of the result, and what else it depends on.</param>
    /// <returns>The key, in hexadecimal.</returns>
    public static string Compute(ResolvedModel model, string device, int maxBatchSize, string kind)
    {
        var parts = string.Join(
            '|',
            ArchitectureHash.Compute(model.Architecture),
            model.Definition.Precision,
            model.Quantization is { } quantization ? QuantizationJson.Write(quantization).ToJsonString() : "",
            device,
            kind,
            typeof(PlanKey).Module.ModuleVersionId,
            torch.__version__,
            Processor(),
            NativeRuntime.Threads,
            maxBatchSize
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)));
    }

    // The processor's brand string, and the instruction sets that the operating system enables. Source: AMD64
    // Architecture Programmer's Manual, CPUID functions 8000_0002 to 8000_0004.
    private static string Processor() =>
        !X86Base.IsSupported
            ? RuntimeInformation.ProcessArchitecture.ToString()
            : string.Join(' ', Enumerable.Range(unchecked((int)0x80000002), 3).Select(leaf => X86Base.CpuId(leaf, 0)))
                + $" {Avx2.IsSupported} {Avx512F.IsSupported} {Precisions.ProcessorHasBFloat16}";
}
