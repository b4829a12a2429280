using static TorchSharp.torch;

namespace ModelService.Models.Backends.Native;

/// <summary>
/// Settings of libtorch for the whole process, and the number of threads that each thread computes with.
/// </summary>
public static class NativeRuntime
{
    private static readonly Lock Gate = new();
    private static bool isPrepared;

    /// <summary>
    /// Sets up the native libraries. Must be called before any use of libtorch; only the first call has an effect.
    /// </summary>
    /// <param name="options">Threads, instances, TF32, and whether there is any tuning.</param>
    public static void Prepare(ComputeOptions options)
    {
        lock (Gate)
        {
            if (isPrepared)
                return;
            isPrepared = true;
            Threads =
                options.Threads == 0 ? Math.Max(1, Environment.ProcessorCount / options.Instances) : options.Threads;
            NativeTuning.BeforeLibtorch(options.NativeTuning);
            set_num_interop_threads(1); // the first use of libtorch, which loads it
            NativeTuning.AfterLibtorch();
            PrepareVectorMath();
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
    /// Prepares the calling thread to compute what predictions leave time for. The threads that libtorch starts for it
    /// have its priority.
    /// </summary>
    internal static void PrepareBackgroundThread()
    {
        NativeTuning.LowerPriority();
        PrepareThread();
    }

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

    // By all that can be seen, MKL's vector math sets itself up in its first call. Where two threads of one operation
    // made it at once, half of the square roots had other bits, in 1 of 70 processes, and so had the training with
    // them. A single number is computed by one thread.
    private static void PrepareVectorMath()
    {
        using var number = ones(1);
        number.sqrt().Dispose();
    }
}
