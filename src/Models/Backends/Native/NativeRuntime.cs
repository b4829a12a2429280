using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelService.Models.Backends.Native;

/// <summary>Settings of the native libraries, for the whole process.</summary>
public static partial class NativeRuntime
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;

    // sys/resource.h; of a thread, where the calling one is 0
    private const int PriorityOfProcess = 0;
    private const int LowestNiceness = 19;

    // c10/util/logging_is_not_google_glog.h
    private const int LogErrors = 2;

    // omp.h
    private const int PauseSoft = 1;

    private static readonly Lock Gate = new();
    private static bool isPrepared;
    private static Func<int, int>? releaseThreads;

    /// <summary>Prepares the process; to be called before anything else of libtorch. Does its work once.</summary>
    /// <param name="options">What models compute with.</param>
    public static void Prepare(ComputeOptions options)
    {
        lock (Gate)
        {
            if (isPrepared)
                return;
            isPrepared = true;
            Threads =
                options.Threads == 0 ? Math.Max(1, Environment.ProcessorCount / options.Instances) : options.Threads;
            if (OperatingSystem.IsLinux())
            {
                // Activations come from the heap and stay there: mapped and unmapped for each batch, they cost more than the arithmetic.
                _ = mallopt(MmapThreshold, 1 << 30);
                _ = mallopt(TrimThreshold, int.MaxValue);

                // Threads that wait for one another look for some hundreds of microseconds before they sleep: longer than from one operator to the
                // next, since to fall asleep and wake up takes as long as an operator; not for good, since they keep the processor from
                // whoever is waited for. Read when libtorch is loaded. docs/decisions/0015
                _ = setenv("OMP_WAIT_POLICY", "passive", overwrite: 0);
                _ = setenv("GOMP_SPINCOUNT", "10000", overwrite: 0);
            }

            set_num_interop_threads(1);
            Silence();
            releaseThreads = FindReleaseThreads();
            if (!cuda.is_available())
                return;
            backends.cuda.matmul.allow_tf32 = options.AllowTf32;
            backends.cudnn.allow_tf32 = options.AllowTf32;
        }
    }

    /// <summary>Threads that one batch is computed with.</summary>
    public static int Threads { get; private set; } = Environment.ProcessorCount;

    /// <summary>Makes the calling thread compute with <see cref="Threads"/> threads.</summary>
    internal static void PrepareThread() => ComputeWith(Threads);

    /// <summary>Makes the calling thread compute with so many threads; OpenMP keeps that number for each thread by itself.</summary>
    internal static void ComputeWith(int threads)
    {
        // Whenever a thread first asks libtorch for its number, libtorch gives it the one that was set last, by whichever thread: so it asks before.
        _ = get_num_threads();
        set_num_threads(threads);
    }

    /// <summary>
    /// Ends the threads that share the calling one's work, until it computes again. libgomp's threads look out for work only while all of them,
    /// the idle ones as well, are no more than the cores; so whoever will not compute soon lets go of them.
    /// </summary>
    internal static void ReleaseThreads()
    {
        if (releaseThreads is { } release)
            _ = release(PauseSoft);
    }

    /// <summary>Makes the calling thread give way to all others of the process for good: it computes what is left of the processor. Nothing on macOS.</summary>
    internal static void GiveWay()
    {
        if (OperatingSystem.IsWindows())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
        else if (OperatingSystem.IsLinux())
        {
            _ = setpriority(PriorityOfProcess, 0, LowestNiceness);

            // From 6.12 on, Linux lets whoever wakes up interrupt a thread with longer time slices at once, instead of after the slice.
            var attributes = new SchedulingAttributes
            {
                Size = Unsafe.SizeOf<SchedulingAttributes>(),
                Niceness = LowestNiceness,
                SliceNanoseconds = 100_000_000,
            };
            var number = RuntimeInformation.ProcessArchitecture switch
            {
                Architecture.X64 => 314,
                Architecture.Arm64 => 274,
                _ => 0,
            };
            if (number != 0)
                _ = sched_setattr(number, 0, attributes, 0);
        }
    }

    // libtorch warns of NNPACK on stderr with every convolution of a module. It reads TORCH_CPP_LOG_LEVEL in Python only; this is where that goes.
    private static void Silence()
    {
        if (
            NativeLibrary.TryLoad(
                OperatingSystem.IsWindows() ? "c10" : "libc10",
                typeof(TorchSharp.torch).Assembly,
                null,
                out var library
            ) && NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out var level)
        )
        {
            Marshal.WriteInt32(level, LogErrors);
        }
    }

    // In the OpenMP library that libtorch brings, under a name of its own; looked for through libtorch, which needs it.
    private static Func<int, int>? FindReleaseThreads() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libtorch_cpu", typeof(TorchSharp.torch).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, "omp_pause_resource_all", out var function)
            ? Marshal.GetDelegateForFunctionPointer<OmpPauseResourceAll>(function).Invoke
            : null;

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int OmpPauseResourceAll(int kind);

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, uint who, int priority);

    // The C library has no function for it. The system call's numbers are those of asm/unistd_64.h and asm-generic/unistd.h.
    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint sched_setattr(nint number, nint thread, in SchedulingAttributes attributes, nint flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);

    // linux/sched/types.h, struct sched_attr, as of the first version of the call; what stays zero is the ordinary policy without flags.
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
