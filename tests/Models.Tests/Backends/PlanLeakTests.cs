using ModelService.Models.Backends;
using ModelService.Models.Backends.Managed;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>
/// Plans give back the memory that they take. The counts are the whole process's: nothing else runs beside these tests.
/// </summary>
[Collection(nameof(Alone))]
public sealed class PlanLeakTests
{
    // 16 MiB of weights, so that fifty of them would be seen.
    private const string Network = """
        { "input": { "shape": [2048] }, "layers": [{ "type": "linear", "out_features": 2048 }, { "type": "relu" },
          { "type": "linear", "out_features": 4 }] }
        """;

    // Forty layers of hardly any weights: what is kept of its program, libtorch's graphs, would be 2 MB each time.
    private static readonly string Deep = Networks.Of([
        .. Enumerable.Repeat("""{ "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 }""", 40),
    ]);

    public static TheoryData<string, long> NetworksAndGrowth => new() { { Network, 100 << 20 }, { Deep, 20 << 20 } };

    [Measured]
    [Theory]
    [MemberData(nameof(NetworksAndGrowth))]
    public void Dispose_FiftyPlans_LeavesNoTensorAndNoMemoryBehind(string network, long mostGrowth)
    {
        var analysis = Networks.Analyze(network);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var input = RandomInputs.Normal(seed: 1, [3, .. analysis.Input.Sizes]);
        var plan = PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true));
        void Once()
        {
            using var inference = inference_mode();
            using var compiled = new TorchScriptExecutor(plan, parameters, Precision.Float32, CPU);
            compiled.Forward(input).Dispose();
        }

        Once();
        var (tensors, bytes) = (Tensor.TotalCount, Environment.WorkingSet);
        for (var i = 0; i < 50; i++)
            Once();

        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.InRange(Environment.WorkingSet - bytes, long.MinValue, mostGrowth);
    }

    [Measured]
    [Fact]
    public void Dispose_FiftyManagedPlans_LeavesNoTensorAndNoMemoryBehind()
    {
        var analysis = Networks.Analyze(Network);
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var input = RandomInputs.Normal(seed: 1, [3, .. analysis.Input.Sizes]);
        using var pool = new IntraBatchPool(2, "parts");
        void Once()
        {
            using var managed = new ManagedExecutor(PlanPasses.ForManaged(analysis.ToPlan()), parameters);
            managed.Forward(input, pool).Dispose();
        }

        for (var i = 0; i < 10; i++) // until the C library's heaps keep no more than before
            Once();
        var (tensors, bytes) = (Tensor.TotalCount, Environment.WorkingSet);
        for (var i = 0; i < 50; i++)
            Once();

        Assert.Equal(tensors, Tensor.TotalCount);
        Assert.InRange(Environment.WorkingSet - bytes, long.MinValue, 100 << 20);
    }

    [Fact]
    public void Forward_HundredBatchesInParts_LeavesNoTensorBehind()
    {
        var analysis = Networks.Analyze(Network);
        Assert.True(TorchScriptExecutor.IsDivided(8, 2, analysis.Macs));
        using var parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var input = RandomInputs.Normal(seed: 1, [8, .. analysis.Input.Sizes]);
        using var plan = new TorchScriptExecutor(
            PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true)),
            parameters,
            Precision.Float32,
            CPU
        );
        using var threads = new IntraBatchPool(2, "parts");
        plan.Forward(input, threads).Dispose();

        var tensors = Tensor.TotalCount;
        for (var i = 0; i < 100; i++)
            plan.Forward(input, threads).Dispose();

        Assert.Equal(tensors, Tensor.TotalCount);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
