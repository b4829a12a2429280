using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Native;

/// <summary>The memory that the process has of the system.</summary>
internal static partial class ProcessMemory
{
    /// <summary>Bytes of it that are in RAM.</summary>
    public static long ResidentBytes => Environment.WorkingSet;

    /// <summary>Gives back what is freed but still held by the C library's allocator; only glibc holds on to it.</summary>
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
            // musl has no such function, and keeps nothing back.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint pad);
}
