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
    private const int GivingWay = 10;

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
        else if (OperatingSystem.IsLinux()) _ = setpriority(PriorityOfProcess, 0, GivingWay);
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

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
