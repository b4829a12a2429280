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

    // sys/resource.h; on Linux, the priority of a single thread, where 0 means the calling one
    private const int PriorityOfProcess = 0;
    private const int LowestNiceness = 19;

    // c10/util/logging_is_not_google_glog.h
    private const int LogErrors = 2;

    // omp.h
    private const int PauseSoft = 1;

    private static readonly Lock Gate = new();
    private static bool isPrepared;
    private static Func<int, int>? releaseThreads;

    /// <summary>
    /// Sets up the native libraries. Must be called before any use of libtorch; only the first call has an effect.
    /// </summary>
    /// <param name="options">Threads, instances and TF32.</param>
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
                // Takes activations from the heap and keeps their memory there. Mapping and unmapping it for each batch
                // would cost more than the arithmetic.
                _ = mallopt(MmapThreshold, 1 << 30);
                _ = mallopt(TrimThreshold, int.MaxValue);

                // Lets libgomp's waiting threads spin for some hundreds of microseconds before they sleep. That is
                // longer than the time between two operators: falling asleep and waking up would take as long as an
                // operator. They don't spin for ever, since they would keep a core from the thread that they wait for.
                // libgomp reads these variables when libtorch is loaded. docs/decisions/0015 has the measurements.
                _ = setenv("OMP_WAIT_POLICY", "passive", overwrite: 0);
                _ = setenv("GOMP_SPINCOUNT", "10000", overwrite: 0);
            }

            set_num_interop_threads(1);
            SilenceWarnings();
            releaseThreads = FindReleaseThreads();
            if (!cuda.is_available())
                return;
            backends.cuda.matmul.allow_tf32 = options.AllowTf32;
            backends.cudnn.allow_tf32 = options.AllowTf32;
        }
    }

    /// <summary>Number of threads that compute one batch.</summary>
    public static int Threads { get; private set; } = Environment.ProcessorCount;

    /// <summary>Makes the calling thread compute with <see cref="Threads"/> threads.</summary>
    internal static void PrepareThread() => ComputeWith(Threads);

    /// <summary>
    /// Sets the number of threads that the calling thread computes with; OpenMP keeps one for each thread.
    /// </summary>
    internal static void ComputeWith(int threads)
    {
        // At a thread's first query, libtorch sets the thread's number to the one that any thread set last. So the
        // query has to come before the assignment.
        _ = get_num_threads();
        set_num_threads(threads);
    }

    /// <summary>
    /// Ends the OpenMP threads that share the calling thread's work; they are made again when it next computes.
    /// libgomp's threads spin only while all of them, idle ones included, are no more than the cores. So a thread that
    /// will not compute soon releases its helpers.
    /// </summary>
    internal static void ReleaseThreads()
    {
        if (releaseThreads is { } release)
            _ = release(PauseSoft);
    }

    /// <summary>
    /// Lowers the calling thread's priority below that of all other threads of the process, for good: it computes with
    /// the processor time that they leave. Does nothing on macOS.
    /// </summary>
    internal static void LowerPriority()
    {
        if (OperatingSystem.IsWindows())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
        else if (OperatingSystem.IsLinux())
        {
            _ = setpriority(PriorityOfProcess, 0, LowestNiceness);

            // From Linux 6.12 on, a thread that wakes up interrupts a thread with longer time slices at once, instead
            // of at the end of the slice.
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

    // Without this, libtorch warns of NNPACK on stderr with every convolution of a module. Only in Python does it read
    // TORCH_CPP_LOG_LEVEL, which sets the same flag.
    private static void SilenceWarnings()
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

    // The function is in the OpenMP library that libtorch ships under a name of its own. So it is looked up through
    // libtorch, which depends on that library.
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
