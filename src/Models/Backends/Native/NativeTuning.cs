using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelService.Models.Backends.Native;

/// <summary>
/// Everything that the process tells the C library, OpenMP, libtorch and the operating system to make models faster.
/// <see cref="ComputeOptions.NativeTuning"/> turns all of it off. Scores don't depend on it.
/// </summary>
/// <remarks>
/// The methods are in the order in which a process calls them; each says what it is worth, and docs/performance.md has
/// the table. The numbers of threads are not here but in <see cref="NativeRuntime"/>, since they hold in any case. So
/// does the packing of weights for these numbers (without it, oneDNN packs them again in every batch: half of
/// ResNet-18's time at batch 1, docs/decisions/0006).
/// </remarks>
internal static partial class NativeTuning
{
    private static bool isOn;
    private static Func<int, int>? pauseOpenMP;

    /// <summary>Tunes what has to be known before libtorch is loaded.</summary>
    /// <param name="isWanted">Whether anything is tuned in this process.</param>
    public static void BeforeLibtorch(bool isWanted)
    {
        isOn = isWanted;
        if (!isOn || !OperatingSystem.IsLinux())
            return;
        KeepFreedMemory();
        LookBeforeSleeping();
    }

    /// <summary>Tunes what is in libtorch's libraries.</summary>
    public static void AfterLibtorch()
    {
        if (!isOn)
            return;
        SilenceWarnings();
        pauseOpenMP = FindPause();
        KeepProgramsAsWritten();
    }

    /// <summary>
    /// Lets the calling thread, and those that it starts, run often and for a short time beside busy processes; their
    /// share of the processor stays the same. From Linux 6.12 on; does nothing elsewhere.
    /// </summary>
    /// <remarks>
    /// The threads that share an operator wait for the one that the system runs last. ResNet-50 with one client beside
    /// eight busy processes on each core, p50: 14 times that of a quiet machine instead of 20 (docs/performance.md).
    /// </remarks>
    public static void ShortenTimeSlices()
    {
        if (isOn && OperatingSystem.IsLinux())
            SetTimeSlices(getpriority(PriorityOfProcess, 0), nanoseconds: 100_000);
    }

    /// <summary>
    /// Lowers the calling thread's priority below that of all other threads of the process, for good: it computes with
    /// the processor time that they leave. Does nothing on macOS.
    /// </summary>
    /// <remarks>
    /// For the threads that compute parts of a large batch beside another model. The p95 of that model's single inputs,
    /// relative to its p95 alone, over HTTP: ResNet-18 1.3 instead of 4.0, SqueezeNet 1.3 instead of 5.0, the lesson's
    /// network 2.5 instead of 8.2. By niceness without the time slices: 1.6, 2.5 and 5.0. Measured for
    /// docs/decisions/0014.
    /// </remarks>
    public static void LowerPriority()
    {
        if (!isOn)
            return;
        if (OperatingSystem.IsWindows())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        }
        else if (OperatingSystem.IsLinux())
        {
            _ = setpriority(PriorityOfProcess, 0, LowestNiceness);

            // A thread that wakes up interrupts a thread with longer time slices at once, instead of at the end of the
            // slice.
            SetTimeSlices(LowestNiceness, nanoseconds: 100_000_000);
        }
    }

    /// <summary>
    /// Ends the OpenMP threads that share the calling thread's work; they are made again when it next computes.
    /// </summary>
    /// <remarks>
    /// libgomp's threads look for work before they sleep only while all of them, idle ones included, are no more than
    /// the cores. So a thread that will not compute soon releases its helpers, or the time that
    /// <see cref="LookBeforeSleeping"/> saves would be lost from the second model on. Making them again takes 0.1 ms.
    /// Measured for docs/decisions/0015.
    /// </remarks>
    public static void ReleaseThreads()
    {
        if (pauseOpenMP is { } pause)
            _ = pause(PauseSoft);
    }

    /// <summary>Frees large tensors, and returns freed memory to the operating system.</summary>
    /// <param name="free">Frees them, whichever thread made them.</param>
    /// <remarks>
    /// <see cref="ReturnFreedMemory"/> alone leaves what is free at the end of a thread's heap. The C library returns
    /// that when a block of this heap is freed, if it is more than the threshold.
    /// </remarks>
    public static void ReturnMemoryOf(Action free)
    {
        var isTuned = isOn && OperatingSystem.IsLinux();
        if (isTuned)
            _ = mallopt(TrimThreshold, UsualTrimThreshold);
        try
        {
            free();
        }
        finally
        {
            if (isTuned)
                _ = mallopt(TrimThreshold, int.MaxValue);
        }

        ReturnFreedMemory();
    }

    /// <summary>
    /// Returns freed memory that the C library still holds to the operating system. Only glibc holds any.
    /// </summary>
    /// <remarks>
    /// The other side of <see cref="KeepFreedMemory"/>. When a ResNet-50 is unloaded, 1,245 MiB go back, and none
    /// without this. Measured for docs/performance.md.
    /// </remarks>
    public static void ReturnFreedMemory()
    {
        if (!isOn || !OperatingSystem.IsLinux())
            return;
        try
        {
            _ = malloc_trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such function, and holds no freed memory.
        }
    }

    // A thread has time slices of its own from Linux 6.12 on; before, the system ignores them.
    private static void SetTimeSlices(int niceness, ulong nanoseconds)
    {
        var attributes = new SchedulingAttributes
        {
            Size = Unsafe.SizeOf<SchedulingAttributes>(),
            Niceness = niceness,
            SliceNanoseconds = nanoseconds,
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

    // Takes activations from the heap and keeps their memory there: to map and unmap it for each batch, as glibc does
    // by itself, costs more than the arithmetic. ResNet-50 operator by operator, a batch of 8 on two threads: 262 ms
    // instead of 601 (AMD Zen 5, docs/performance.md).
    private static void KeepFreedMemory()
    {
        _ = mallopt(MmapThreshold, 1 << 30);
        _ = mallopt(TrimThreshold, int.MaxValue);
    }

    // Lets libgomp's waiting threads look for work for some hundreds of microseconds before they sleep. That is longer
    // than the time between two operators: falling asleep and waking up would take as long as an operator. They don't
    // look for ever, since they would keep a core from the thread that they wait for. MobileNetV2, one input on two
    // threads: 5.2 ms instead of 9.7; over HTTP with one client 107 requests/s instead of 65 (docs/decisions/0015).
    // libgomp reads these variables when libtorch is loaded.
    private static void LookBeforeSleeping()
    {
        _ = setenv("OMP_WAIT_POLICY", "passive", overwrite: 0);
        _ = setenv("GOMP_SPINCOUNT", "10000", overwrite: 0);
    }

    // Without this, libtorch warns of NNPACK on stderr with every convolution of the eager executor, where the
    // processor lacks what NNPACK needs: worth no time, but one line each. Only in Python does libtorch read
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

    // On a GPU, libtorch would compile kernels of its own for each program, and again for each batch size: 30 s for the
    // first batch of a DenseNet-121 (H200, docs/decisions/0039). Plans are fused already.
    private static void KeepProgramsAsWritten()
    {
        // torch::jit::overrideCanFuseOnGPU(bool)
        var name = OperatingSystem.IsWindows()
            ? "?overrideCanFuseOnGPU@jit@torch@@YAX_N@Z"
            : "_ZN5torch3jit20overrideCanFuseOnGPUEb";
        if (
            NativeLibrary.TryLoad(
                OperatingSystem.IsWindows() ? "torch_cpu" : "libtorch_cpu",
                typeof(TorchSharp.torch).Assembly,
                null,
                out var library
            ) && NativeLibrary.TryGetExport(library, name, out var function)
        )
        {
            Marshal.GetDelegateForFunctionPointer<OverrideCanFuse>(function).Invoke(0);
        }
    }

    // The function is in the OpenMP library that libtorch ships under a name of its own. So it is looked up through
    // libtorch, which depends on that library.
    private static Func<int, int>? FindPause() =>
        OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libtorch_cpu", typeof(TorchSharp.torch).Assembly, null, out var library)
        && NativeLibrary.TryGetExport(library, "omp_pause_resource_all", out var function)
            ? Marshal.GetDelegateForFunctionPointer<OmpPauseResourceAll>(function).Invoke
            : null;
}
