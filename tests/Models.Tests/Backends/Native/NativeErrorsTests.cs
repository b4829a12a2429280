using ModelService.Models.Backends.Native;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends.Native;

/// <summary>Which errors of libtorch say that memory is short. Those of GPUs are as they came on an H200.</summary>
public sealed class NativeErrorsTests
{
    [Theory]
    [InlineData("CUDA out of memory. Tried to allocate 392.00 MiB. GPU 0 has a total capacity of 139.81 GiB", true)]
    [InlineData(
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR\nException raised from createCuDNNHandle at Handle.cpp:11",
        true
    )]
    [InlineData("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", true)]
    [InlineData("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", false)]
    [InlineData("CUDA error: an illegal memory access was encountered", false)]
    public void IsOutOfMemory_ErrorOfAGpu_KnowsIt(string message, bool expected) =>
        Assert.Equal(expected, NativeErrors.IsOutOfMemory(new InvalidOperationException(message)));

    [Fact]
    public void IsOutOfMemory_ErrorOfTheCpu_KnowsIt()
    {
        var exception = Assert.ThrowsAny<Exception>(() => empty(1L << 50));

        Assert.True(NativeErrors.IsOutOfMemory(exception), exception.Message);
    }
}
