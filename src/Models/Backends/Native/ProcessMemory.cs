using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Native;

/// <summary>The memory of the process.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Bytes of the process that are in RAM.</summary>
    public static long ResidentBytes => Environment.WorkingSet;

    /// <summary>
    /// Returns freed memory that the C library still holds to the operating system. Only glibc holds any.
    /// </summary>
    public static void ReturnFree()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function, and holds no freed memory.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
