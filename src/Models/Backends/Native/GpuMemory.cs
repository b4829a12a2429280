using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Native;

/// <summary>The memory of NVIDIA GPUs, by their driver.</summary>
internal static class GpuMemory
{
    private const int Success = 0;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Initialize(uint flags);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int DeviceGet(out int device, int ordinal);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int DeviceTotalMemory(out nuint bytes, int device);

    /// <summary>All bytes of a GPU; null where the driver does not tell.</summary>
    /// <param name="index">The GPU, in the order of <c>cuda:0</c>, <c>cuda:1</c>...</param>
    public static long? Total(int index)
    {
        if (
            !NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out var driver)
            || Find<Initialize>(driver, "cuInit") is not { } initialize
            || Find<DeviceGet>(driver, "cuDeviceGet") is not { } deviceGet
            || Find<DeviceTotalMemory>(driver, "cuDeviceTotalMem_v2") is not { } total
        )
        {
            return null;
        }

        return
            initialize(0) == Success
            && deviceGet(out var device, index) == Success
            && total(out var bytes, device) == Success
            ? (long)bytes
            : null;
    }

    private static T? Find<T>(nint library, string name)
        where T : Delegate =>
        NativeLibrary.TryGetExport(library, name, out var address)
            ? Marshal.GetDelegateForFunctionPointer<T>(address)
            : null;
}
