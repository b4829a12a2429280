using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Native;

/// <content>The functions of the C library and of OpenMP, with their constants.</content>
internal static partial class NativeTuning
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int UsualTrimThreshold = 128 << 10;

    // sys/resource.h; on Linux, the priority of a single thread, where 0 means the calling one
    private const int PriorityOfProcess = 0;
    private const int LowestNiceness = 19;

    // c10/util/logging_is_not_google_glog.h
    private const int LogErrors = 2;

    // omp.h
    private const int PauseSoft = 1;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int OmpPauseResourceAll(int kind);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate void OverrideCanFuse(byte value);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);

    [LibraryImport("libc")]
    private static partial int getpriority(int which, uint who);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, uint who, int priority);

    // The C library has no function for this system call. Its numbers are those of asm/unistd_64.h and
    // asm-generic/unistd.h.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint sched_setattr(nint number, nint thread, in SchedulingAttributes attributes, nint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    // linux/sched/types.h, struct sched_attr in its first version. Members that stay zero mean the ordinary policy
    // without flags.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct SchedulingAttributes
    {
        public int Size { get; init; }
        public int Policy { get; init; }
        public ulong Flags { get; init; }
        public int Niceness { get; init; }
        public int Priority { get; init; }
        public ulong SliceNanoseconds { get; init; }
        public ulong Deadline { get; init; }
        public ulong Period { get; init; }
    }
}
