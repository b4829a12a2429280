namespace ModelService.Models.Backends.Native;

/// <summary>Tells the errors of libtorch apart.</summary>
internal static class NativeErrors
{
    // Of the CPU's allocator, of CUDA's, and of the libraries on it. Their handles are the first that they allocate:
    // cuDNN calls it an internal error, cuBLAS calls itself not initialized.
    private static readonly string[] OutOfMemory =
    [
        "can't allocate memory",
        "out of memory",
        "ALLOC_FAILED",
        "createCuDNNHandle",
        "CUBLAS_STATUS_NOT_INITIALIZED",
    ];

    /// <summary>Whether there was not enough memory, on the CPU or on a GPU.</summary>
    public static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException
        || OutOfMemory.Any(text => exception.Message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
