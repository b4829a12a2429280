using System.Collections.Concurrent;
using ModelService.Models.Backends;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using static TorchSharp.torch;
using Program = TorchSharp.torch.jit.ScriptModule<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace ModelService.Models.Tests.Backends.TorchScript;

/// <summary>
/// Programs wait for the next plan of the same text: so many of them, and each for one plan at a time.
/// </summary>
public sealed class ProgramCacheTests
{
    [Fact]
    public void Take_ReturnedProgram_GivesItBackOnce()
    {
        var cache = new ProgramCache();
        using var program = NewProgram();
        Assert.Null(cache.Take("a"));

        cache.Return("a", program, operators: 1);

        Assert.Null(cache.Take("b"));
        Assert.Same(program, cache.Take("a"));
        Assert.Null(cache.Take("a"));
    }

    [Fact]
    public void Return_MoreThanTheCapacity_DisposesTheOldest()
    {
        var cache = new ProgramCache(capacity: 2);
        using var first = NewProgram();
        using var second = NewProgram();
        using var third = NewProgram();

        cache.Return("a", first, operators: 1);
        cache.Return("b", second, operators: 1);
        cache.Return("c", third, operators: 1);

        Assert.Null(cache.Take("a"));
        Assert.True(IsDisposed(first));
        Assert.Same(second, cache.Take("b"));
        Assert.Same(third, cache.Take("c"));
        Assert.False(IsDisposed(second) || IsDisposed(third));
    }

    [Fact]
    public void Return_ProgramTakenInBetween_WaitsAnew()
    {
        var cache = new ProgramCache(capacity: 2);
        using var first = NewProgram();
        using var second = NewProgram();
        using var third = NewProgram();
        cache.Return("a", first, operators: 1);
        cache.Return("b", second, operators: 1);
        cache.Return("a", cache.Take("a")!, operators: 1);

        cache.Return("c", third, operators: 1);

        Assert.Null(cache.Take("b"));
        Assert.Same(first, cache.Take("a"));
    }

    [Fact]
    public void IdleBytes_WaitingPrograms_AreCountedUpToTheCapacity()
    {
        var cache = new ProgramCache(capacity: 2);
        using var first = NewProgram();
        using var second = NewProgram();
        using var third = NewProgram();
        Assert.Equal(0, cache.IdleBytes);

        cache.Return("a", first, operators: 1);
        var one = cache.IdleBytes;
        cache.Return("a", second, operators: 1);
        cache.Return("a", third, operators: 1);

        Assert.True(one > 0);
        Assert.Equal(2 * one, cache.IdleBytes);
        cache.Take("a");
        Assert.Equal(one, cache.IdleBytes);
    }

    [Fact]
    public void Take_ManyThreads_NeverGivesOneProgramToTwo()
    {
        var cache = new ProgramCache(capacity: 3);
        var users = new ConcurrentDictionary<Program, int>();
        var (made, worst) = (new ConcurrentBag<Program>(), 0);

        Parallel.For(
            0,
            8,
            new() { MaxDegreeOfParallelism = 8 },
            thread =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var key = $"{(thread + i) % 2}";
                    if (cache.Take(key) is not { } program)
                        made.Add(program = NewProgram());
                    var at = users.AddOrUpdate(program, 1, (_, count) => count + 1);
                    if (at > 1 || IsDisposed(program))
                        Interlocked.Increment(ref worst);
                    users.AddOrUpdate(program, 0, (_, count) => count - 1);
                    cache.Return(key, program, operators: 1);
                }
            }
        );

        Assert.Equal(0, worst);
        Assert.InRange(made.Count(program => !IsDisposed(program)), 1, 3); // few are made where threads take turns
        foreach (var program in made)
            program.Dispose();
    }

    [Fact]
    public void Forward_PlansOfOneText_KeepTheirOwnWeights()
    {
        // One after the other through one program, and two at once.
        var analysis = Networks.Analyze(
            """{ "input": { "shape": [7] }, "layers": [{ "type": "linear", "out_features": 3 }, { "type": "tanh" }] }"""
        );
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var one = ParameterStore.Create(analysis.StateDict, seed: 1, []);
        using var two = ParameterStore.Create(analysis.StateDict, seed: 2, []);
        var plan = PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true));
        var input = RandomInputs.Normal(seed: 1, [2, 7]);
        Tensor Scores(TorchScriptExecutor executor) => executor.Forward(input);
        Tensor Alone(ParameterStore parameters)
        {
            using var executor = new TorchScriptExecutor(plan, parameters, Precision.Float32, CPU);
            return Scores(executor);
        }

        var (first, second) = (Alone(one), Alone(two));
        using var ofOne = new TorchScriptExecutor(plan, one, Precision.Float32, CPU);
        using var ofTwo = new TorchScriptExecutor(plan, two, Precision.Float32, CPU);

        Assert.False(first.allclose(second));
        Assert.True(Scores(ofOne).eq(first).all().item<bool>());
        Assert.True(Scores(ofTwo).eq(second).all().item<bool>());
        Assert.True(Scores(ofOne).eq(first).all().item<bool>());
    }

    private static bool IsDisposed(Program program)
    {
        using var scope = NewDisposeScope();
        return Record.Exception(() => program.call(zeros(1, 2))) is ObjectDisposedException;
    }

    private static Program NewProgram()
    {
        var analysis = Networks.Analyze("""{ "input": { "shape": [2] }, "layers": [{ "type": "tanh" }] }""");
        return jit.load<Tensor, Tensor>(PlanArchive.Write(CodeWriter.Write(analysis.ToPlan(), Precision.Float32)));
    }
}
