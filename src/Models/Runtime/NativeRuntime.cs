using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace ModelService.Models.Runtime;

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

    private static readonly Lock Gate = new();
    private static bool isPrepared;

    /// <summary>Prepares the process; to be called before anything else of libtorch. Does its work once.</summary>
    /// <param name="options">What models compute with.</param>
    public static void Prepare(ComputeOptions options)
    {
        lock (Gate)
        {
            if (isPrepared) return;
            isPrepared = true;
            Threads = options.Threads == 0 ? Math.Max(1, Environment.ProcessorCount / options.Instances) : options.Threads;
            if (OperatingSystem.IsLinux())
            {
                // Activations come from the heap and stay there: mapped and unmapped for each batch, they cost more than the arithmetic.
                _ = mallopt(MmapThreshold, 1 << 30);
                _ = mallopt(TrimThreshold, int.MaxValue);

                // Threads that wait for one another in a loop keep the processor from those waited for: on a busy machine that costs
                // twenty times what it saves on an idle one. Read when libtorch is loaded.
                _ = setenv("OMP_WAIT_POLICY", "passive", overwrite: 0);
            }

            set_num_interop_threads(1);
            Silence();
            if (!cuda.is_available()) return;
            backends.cuda.matmul.allow_tf32 = options.AllowTf32;
            backends.cudnn.allow_tf32 = options.AllowTf32;
        }
    }

    /// <summary>Threads that one batch is computed with.</summary>
    public static int Threads { get; private set; } = Environment.ProcessorCount;

    /// <summary>Makes the calling thread compute with <see cref="Threads"/> threads; OpenMP keeps that number for each thread by itself.</summary>
    internal static void PrepareThread() => set_num_threads(Threads);

    /// <summary>Makes the calling thread give way to all others of the process for good: it computes what is left of the processor. Nothing on macOS.</summary>
    internal static void GiveWay()
    {
        if (OperatingSystem.IsWindows()) Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        else if (OperatingSystem.IsLinux())
        {
            _ = setpriority(PriorityOfProcess, 0, LowestNiceness);

            // From 6.12 on, Linux lets whoever wakes up interrupt a thread with longer time slices at once, instead of after the slice.
            var attributes = new SchedulingAttributes { Size = Unsafe.SizeOf<SchedulingAttributes>(), Niceness = LowestNiceness, SliceNanoseconds = 100_000_000 };
            var number = RuntimeInformation.ProcessArchitecture switch { Architecture.X64 => 314, Architecture.Arm64 => 274, _ => 0 };
            if (number != 0) _ = sched_setattr(number, 0, attributes, 0);
        }
    }

    // libtorch warns of NNPACK on stderr with every convolution of a module. It reads TORCH_CPP_LOG_LEVEL in Python only; this is where that goes.
    private static void Silence()
    {
        if (NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "c10" : "libc10", typeof(TorchSharp.torch).Assembly, null, out var library)
            && NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out var level))
            Marshal.WriteInt32(level, LogErrors);
    }

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
