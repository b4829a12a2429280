using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Compilation.Passes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Tensors;
using ModelService.Models.Tests.Support;
using ModelService.Models.Tests.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Tests.Backends;

/// <summary>Plans as models run them.</summary>
public sealed class PlanTests
{
    public static TheoryData<string> FixtureNames =>
        [.. Fixtures.Json("weights", "manifest.json").GetProperty("nets").EnumerateObject().Select(net => net.Name)];

    public static TheoryData<string> GoldenNames =>
        [
            .. Fixtures
                .Json("goldens", "manifest.json")
                .GetProperty("goldens")
                .EnumerateArray()
                .Select(file => Path.GetFileNameWithoutExtension(file.GetString()!)),
        ];

    [Theory]
    [MemberData(nameof(FixtureNames))]
    public void Create_FixtureNetwork_ServesByItsPlan(string name)
    {
        using var model = FixtureLogitsTests.Load(
            Networks.Fixture(name),
            Fixtures.Path("weights", name, $"{name}.safetensors")
        );

        Assert.Equal((Backend.Plan, null), (model.Execution.Backend, model.Execution.FallbackReason));
        Assert.InRange(model.Execution.Accuracy!.MaxDifference, 0, 1e-5);
        Assert.Equal(1, model.Execution.Accuracy.Top1Agreement);
    }

    // torchvision's logits under the formula's weights, within each golden's own tolerance.
    [Theory]
    [MemberData(nameof(GoldenNames))]
    public void Run_Golden_GivesTorchvisionsLogits(string name)
    {
        var golden = Fixtures.Json("goldens", name + ".json");
        var classes = golden.GetProperty("classes").GetInt32();
        var resolved = ResolvedModel.Read(
            JsonElement.Parse(
                $$"""
                { "name": "golden", "base": "{{golden.GetProperty("architecture").GetString()}}",
                  "num_classes": {{classes}} }
                """
            ),
            new ArchitectureLimits()
        );
        using var file = new TemporaryFile();
        FormulaWeights.Write(file.Path, golden);
        using var model = FixtureLogitsTests.Load(resolved.Analysis, file.Path);

        Assert.Equal(Backend.Plan, model.Execution.Backend);
        foreach (var photo in golden.GetProperty("results").EnumerateObject())
        {
            var tensor = photo.Value.GetProperty("input").GetProperty("tensor").GetString()!.Split('#');
            var logits = photo.Value.GetProperty("logits").GetString()!.Split('#');
            var expected = SafetensorsFile.Read(Fixtures.Path("goldens", logits[0])).Floats(logits[1]);
            var scores = model.Run(SafetensorsFile.Read(Fixtures.Path(tensor[0].Split('/'))).Floats(tensor[1]), 1);
            var tolerance = Math.Max(
                golden.GetProperty("tolerance").GetProperty("absolute").GetDouble(),
                1e-4 * expected.Max(Math.Abs)
            );
            for (var i = 0; i < classes; i++)
                Assert.Equal(expected[i], scores[i], tolerance);
        }
    }

    [Fact]
    public void Create_BFloat16_SaysHowFarItIs()
    {
        Assert.SkipUnless(Precisions.ProcessorHasBFloat16, "This processor has no bfloat16.");

        using var model = new CompiledModel(Networks.Fixture("residual"), seed: 1, [], CPU, Precision.BFloat16);

        Assert.Equal(Backend.Plan, model.Execution.Backend);
        Assert.InRange(model.Execution.Accuracy!.MaxDifference, 1e-7, 0.05);
        Assert.Equal(64, model.Execution.Accuracy.Inputs);
    }

    [Fact]
    public void Create_Float16OnAProcessor_IsRefused()
    {
        var error = Assert.ThrowsAny<ServingException>(() =>
            new CompiledModel(Networks.Fixture("lesson"), seed: 1, [], CPU, Precision.Float16)
        );

        Assert.Equal("/precision", Assert.Single(error.Errors).Pointer);
    }

    [Fact]
    public void Create_ModuleAskedFor_ComputesTheSame()
    {
        var input = Enumerable.Range(0, 3 * 32 * 32).Select(i => (float)Math.Sin(i)).ToArray();
        using var byPlan = new CompiledModel(Networks.Fixture("lesson"), seed: 1, [], CPU);
        using var byModule = new CompiledModel(
            Networks.Fixture("lesson"),
            seed: 1,
            [],
            CPU,
            fallbackReason: "It is not wanted."
        );

        Assert.Equal(Backend.Module, byModule.Execution.Backend);
        Assert.NotNull(byModule.Execution.FallbackReason);
        var (plan, module) = (byPlan.Run(input, 1), byModule.Run(input, 1));
        for (var i = 0; i < plan.Length; i++)
            Assert.Equal(module[i], plan[i], 1e-5f);
    }

    [Theory]
    [InlineData(8, 2, 10_000_000, true)]
    [InlineData(4, 2, 10_000_000, true)]
    [InlineData(2, 2, 10_000_000, false)] // one input each
    [InlineData(8, 3, 10_000_000, false)] // not even
    [InlineData(8, 1, 10_000_000, false)]
    [InlineData(8, 2, 1_000_000, false)] // done before the threads are awake
    public void IsDivided_Batch_IntoEvenPartsWorthAThread(int count, int parts, long macs, bool expected) =>
        Assert.Equal(expected, TorchScriptExecutor.IsDivided(count, parts, macs));

    [Fact]
    public void Run_PartsSideBySide_GivesEachInputItsOwnScores()
    {
        var analysis = Networks.Analyze(
            """
            { "input": { "channels": 3, "height": 64, "width": 64 },
              "layers": [{ "type": "conv2d", "out_channels": 32, "kernel_size": 7 }, { "type": "flatten" },
              { "type": "linear", "out_features": 5 }] }
            """
        );
        Assert.True(TorchScriptExecutor.IsDivided(12, 3, analysis.Macs));
        var input = Enumerable
            .Range(0, 12 * (int)analysis.Input.ElementCount)
            .Select(i => (float)Math.Sin(i))
            .ToArray();
        using var model = new CompiledModel(analysis, seed: 1, [], CPU);
        using var threads = new IntraBatchPool(3, "parts");

        var scores = model.Run([input], 12, threads);

        var alone = Enumerable
            .Range(0, 12)
            .SelectMany(number => model.Run(input.AsMemory(number * model.InputCount, model.InputCount), 1))
            .ToArray();
        Assert.Equal(60, alone.Distinct().Count());
        for (var i = 0; i < alone.Length; i++)
            Assert.Equal(alone[i], scores[i], 1e-5f);
    }

    // Or other models wait for large batches; and large batches wait for other processes, where no model waits.
    [Fact]
    public void Run_Parts_GiveWayToOtherThreadsWhileTheyYield()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells a thread's niceness.");
        var (before, ofParts) = (Niceness(), new int[2]);
        using var threads = new IntraBatchPool(2, "parts");

        foreach (var yields in new[] { false, true, true, false, true })
        {
            threads.Yields = yields;
            threads.Run(number => ofParts[number] = Niceness());

            Assert.All(ofParts, niceness => Assert.Equal(yields ? 19 : before, niceness));
            Assert.Equal(before, Niceness());
        }

        // The 19th word, counted behind the name in parentheses: proc(5).
        static int Niceness() =>
            int.Parse(
                File.ReadAllText("/proc/thread-self/stat").Split(") ")[^1].Split(' ')[16],
                System.Globalization.CultureInfo.InvariantCulture
            );
    }

    [Fact]
    public void Run_PartsThatYield_MayBeInterruptedAtOnceAndWorkersRunOften()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux()
                && Environment.OSVersion.Version >= new Version(6, 12)
                && File.Exists("/proc/thread-self/sched"),
            "Only Linux 6.12 and later has time slices of a thread's own, and not each of them tells."
        );
        var (before, ofParts) = (Slice(), new long[2]);
        using var threads = new IntraBatchPool(2, "parts") { Yields = true };

        threads.Run(number => ofParts[number] = Slice());

        Assert.All(ofParts, slice => Assert.True(slice >= 10 * before, $"{slice} beside {before} ns"));
        var shortened = 0L;
        var worker = new Thread(() =>
        {
            NativeTuning.ShortenTimeSlices();
            shortened = Slice();
        });
        worker.Start();
        worker.Join();
        Assert.InRange(shortened, 1, before / 5);

        static long Slice() =>
            long.Parse(
                File.ReadLines("/proc/thread-self/sched")
                    .Single(line => line.StartsWith("se.slice ", StringComparison.Ordinal))
                    .Split(':')[1],
                System.Globalization.CultureInfo.InvariantCulture
            );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Run_BatchInPairs_GivesEachInputItsOwnScores(int count)
    {
        var analysis = Networks.Analyze(
            """
            { "input": { "channels": 3, "height": 128, "width": 128 }, "layers": [
              { "type": "conv2d", "out_channels": 16, "kernel_size": 3, "padding": 1 }, { "type": "relu" },
              { "type": "max_pool2d", "kernel_size": 32 },
              { "type": "flatten" }, { "type": "linear", "out_features": 7 }] }
            """
        );
        Assert.NotEqual(
            0,
            PlanPasses.Compile(analysis.ToPlan(), new PlanTarget(Precision.Float32, ForCpu: true)).OperatorsInPairs
        );
        using var model = new CompiledModel(analysis, seed: 1, [], CPU);
        var inputs = Enumerable
            .Range(0, count)
            .Select(number =>
                Enumerable.Range(0, model.InputCount).Select(i => (float)Math.Sin(i * (number + 1))).ToArray()
            )
            .ToArray();

        var together = model.Run([.. inputs.Select(input => input.AsMemory())], count);

        // One alone takes another way through oneDNN than two, with other rounding.
        for (var number = 0; number < count; number++)
        {
            var alone = model.Run(inputs[number], 1);
            for (var i = 0; i < alone.Length; i++)
                Assert.Equal(alone[i], together[(number * alone.Length) + i], 1e-5f);
        }
    }

    [Fact]
    public void Run_Parts_ComputeOnOneCoreEach()
    {
        var ofParts = new int[2];
        using var threads = new IntraBatchPool(2, "parts");
        threads.Run(_ => { });

        // What another thread sets is not theirs, whenever they first ask.
        NativeRuntime.ComputeWith(4);
        try
        {
            threads.Run(number => ofParts[number] = get_num_threads());
        }
        finally
        {
            NativeRuntime.PrepareThread();
        }

        Assert.Equal([1, 1], ofParts);
    }

    [Fact]
    public void ReleaseThreads_AfterALargeOperator_EndsThoseThatSharedIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems' OpenMP libraries have no such function.");

        // At the first setting of a number of threads in the process, libtorch makes a pool that it keeps: here, so
        // that its threads don't have the name of the thread below.
        NativeRuntime.PrepareThread();
        var (with, without, again) = (0, 0, 0);
        var thread = new Thread(() =>
        {
            NativeRuntime.ComputeWith(3);
            with = Share();
            NativeTuning.ReleaseThreads();
            without = Threads();
            again = Share();
        })
        {
            Name = "releasing",
        };
        thread.Start();
        thread.Join();

        Assert.Equal((3, 1, 3), (with, without, again));

        static int Share()
        {
            using var scope = NewDisposeScope();
            _ = ones(1 << 20).add(1);
            return Threads();
        }

        // OpenMP's threads take the name of whoever makes them.
        static int Threads() => Directory.GetDirectories("/proc/self/task").Count(task => NameOf(task) == "releasing");
        static string? NameOf(string task)
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).Trim();
            }
            catch (IOException)
            {
                return null; // it has just ended
            }
        }
    }

    [Fact]
    public void Run_APartThatFails_FailsAfterAllHaveEnded()
    {
        var ended = 0;
        using var failing = new ManualResetEventSlim();
        using var threads = new IntraBatchPool(3, "parts");

        Assert.Throws<AggregateException>(() =>
            threads.Run(number =>
            {
                if (number == 1)
                {
                    failing.Set();
                    throw new InvalidOperationException("It does not fit.");
                }

                failing.Wait();
                Interlocked.Increment(ref ended);
            })
        );

        Assert.Equal(2, ended);
        threads.Run(_ => Interlocked.Increment(ref ended));
        Assert.Equal(5, ended);
    }

    [Fact]
    public void Run_ParametersAsWideAsPyTorchs_ComputesTheSame()
    {
        var analysis = Networks.Analyze(
            Networks.Of(
                """{ "type": "flatten", "start_dim": 2 }""",
                """{ "type": "conv1d", "out_channels": 4, "kernel_size": 9, "stride": 9 }""",
                """{ "type": "batch_norm1d", "eps": 2, "momentum": 2 }""",
                """{ "type": "dropout2d" }""",
                """{ "type": "flatten" }""",
                """{ "type": "dropout2d" }""",
                """{ "type": "linear", "out_features": 3 }"""
            )
        );
        var input = Enumerable.Range(0, 3 * 16 * 16).Select(i => (float)Math.Sin(i)).ToArray();
        using var byPlan = new CompiledModel(analysis, seed: 1, [], CPU);
        using var byModule = new CompiledModel(analysis, seed: 1, [], CPU, fallbackReason: "It is not wanted.");

        var (plan, module) = (byPlan.Run(input, 1), byModule.Run(input, 1));

        Assert.Equal(Backend.Plan, byPlan.Execution.Backend);
        for (var i = 0; i < plan.Length; i++)
            Assert.Equal(module[i], plan[i], 1e-5f);
    }
}
