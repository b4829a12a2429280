using Microsoft.Extensions.Options;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Registry;

public sealed class MemoryBudgetTests
{
    private const long Limit = 10 << 20;
    private const long EachProgram = 150_000; // of one operator

    private readonly ProgramCache programs = new();
    private readonly MemoryBudget budget;

    public MemoryBudgetTests() =>
        budget = new MemoryBudget(Options.Create(new MemoryOptions { Budget = Limit }), programs);

    [Fact]
    public void Used_ProgramsThatWait_CountOnTheCpuOnly()
    {
        Wait(3);
        using var version = budget.TryReserve("cpu", 1_000)!;

        Assert.Equal(3 * EachProgram, programs.IdleBytes);
        Assert.Equal((3 * EachProgram) + 1_000, budget.Used("cpu"));
        Assert.Equal(0, budget.Used("cuda:0"));
    }

    [Fact]
    public void TryReserve_ProgramsInTheWay_DropsThoseThatWaitLongestAndNoMore()
    {
        Wait(4);
        Assert.True(budget.HasRoom("cpu", Limit));

        using var version = budget.TryReserve("cpu", Limit - (2 * EachProgram) - 1);

        Assert.NotNull(version);
        Assert.Equal(2 * EachProgram, programs.IdleBytes);
        Assert.InRange(budget.Used("cpu"), 0, Limit);
        Assert.Null(programs.Take("1"));
        using var last = programs.Take("3");
        Assert.NotNull(last);
    }

    [Fact]
    public void TryReserve_MoreThanVersionsLeave_DropsNothingAndSaysWhatVersionsTake()
    {
        using var version = budget.TryReserve("cpu", Limit - 100)!;
        Wait(2);

        Assert.False(budget.HasRoom("cpu", 101));
        Assert.Null(budget.TryReserve("cpu", 101));

        Assert.Equal(2 * EachProgram, programs.IdleBytes);
        Assert.Contains(
            $"have reserved {Limit - 100} of them",
            budget.DoesNotFit("It", "cpu", 101).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void TryReserve_OnAGpu_LeavesProgramsAlone()
    {
        Wait(2);

        using var version = budget.TryReserve("cuda:0", Limit);

        Assert.NotNull(version);
        Assert.Equal(2 * EachProgram, programs.IdleBytes);
    }

    [Fact]
    public void Limit_OfAGpuThatNoDriverKnows_IsNone() =>
        Assert.Equal(long.MaxValue, new MemoryBudget(Options.Create(new MemoryOptions()), programs).Limit("cuda:99"));

    [Fact]
    public void Return_MoreThanTheCacheHolds_DropsTheOneThatWaitedLongest()
    {
        var small = new ProgramCache(capacity: 1);

        small.Return("first", Program(), operators: 1);
        small.Return("second", Program(), operators: 1);

        Assert.Null(small.Take("first"));
        using var second = small.Take("second");
        Assert.NotNull(second);
        Assert.Equal(0, small.IdleBytes);
    }

    // Lets programs wait under the keys "0", "1" and so on, the first of them longest.
    private void Wait(int count)
    {
        for (var number = 0; number < count; number++)
            programs.Return($"{number}", Program(), operators: 1);
    }

    private static jit.ScriptModule<Tensor, Tensor> Program()
    {
        var graph = Networks.Analyze(Networks.Of("""{ "type": "relu" }""")).ToPlan();
        var plan = PlanPasses.Compile(graph, new PlanTarget(Precision.Float32, ForCpu: true));
        return jit.load<Tensor, Tensor>(PlanArchive.Write(CodeWriter.Write(plan, Precision.Float32)), CPU);
    }
}
