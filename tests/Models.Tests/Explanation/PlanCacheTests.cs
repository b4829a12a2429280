using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Explanation;
using ModelService.Models.Graph;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Registry;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Explanation;

/// <summary>When plans are built, and when they go.</summary>
public sealed class PlanCacheTests : IDisposable
{
    private const long Limit = 10 << 20;

    private readonly FakeTimeProvider clock = new();
    private readonly MemoryBudget budget = new(
        Options.Create(new MemoryOptions { Budget = Limit }),
        new ProgramCache()
    );
    private readonly Plan graph;
    private readonly ParameterStore parameters;
    private readonly PlanCache cache;

    public PlanCacheTests()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3 }""",
                """{ "type": "relu" }""",
                """{ "type": "conv2d", "out_channels": 8, "kernel_size": 3 }""",
                """{ "type": "flatten" }"""
            )
        );
        graph = analysis.ToPlan();
        parameters = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        cache = new PlanCache(Options.Create(new ExplanationOptions { MaxPlans = 2 }), budget, clock);
    }

    public void Dispose()
    {
        cache.Dispose();
        parameters.Dispose();
        Assert.Equal(0, budget.Used("cpu"));
    }

    [Fact]
    public void Borrow_SecondTime_BuildsAndCountsTheMemory()
    {
        Assert.Null(Borrow(0));
        Assert.Equal(0, budget.Used("cpu"));

        using var loan = Borrow(0);

        Assert.NotNull(loan);
        Assert.Equal(8 * 27 * sizeof(float), budget.Used("cpu"));
        using var again = Borrow(0);
        Assert.Same(loan.Plan, again!.Plan);
    }

    [Fact]
    public void Borrow_MoreThanAreKept_DropsTheOneUsedLongestAgo()
    {
        foreach (var index in new[] { 0, 1, 2 })
            Borrow(index, atOnce: true)!.Dispose();

        Assert.Equal(2, cache.Count);
    }

    [Fact]
    public void TryReserve_Short_FreesPlansThatAreNotInUse()
    {
        Borrow(1, atOnce: true)!.Dispose();
        using var loan = Borrow(0, atOnce: true);

        using var version = budget.TryReserve("cpu", Limit - (8 * 27 * sizeof(float)));

        Assert.NotNull(version);
        Assert.Equal(1, cache.Count);
        Assert.Null(budget.TryReserve("cpu", 1));
    }

    [Fact]
    public void Timer_PlanThatNobodyUses_Goes()
    {
        Borrow(0, atOnce: true)!.Dispose();

        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal((0, 0L), (cache.Count, budget.Used("cpu")));
    }

    private PlanLoan? Borrow(int index, bool atOnce = false) =>
        cache.Borrow(null!, GraphCut.UpTo(graph, graph.Operators[index].Output), parameters, CPU, atOnce);
}
