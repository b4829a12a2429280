using System.Text.Json;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using ModelService.Models.Weights;

namespace ModelService.Models.Training.Process;

/// <summary>
/// The child process of a run. What it computes, and the memory that it takes, can't harm the server: the server ends
/// it to cancel the run.
/// </summary>
public static class TrainingProcess
{
    /// <summary>
    /// The argument that makes the server's program train. The first line of its standard input is the run's folder; a
    /// line <c>finish</c> after it asks for the result as it is. It ends when its standard input ends, as that of a
    /// server that is killed does.
    /// </summary>
    public const string Argument = "--train";

    /// <summary>The line that asks for the result as it is.</summary>
    internal const string Finish = "finish";

    /// <summary>Exit code of a run without a result; the last line of standard error says why.</summary>
    internal const int Failed = 3;

    private const double DefaultSeconds = 300;

    private static readonly TimeSpan MostTimeToTake = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Trains.</summary>
    /// <returns>The exit code: 0 with a result.</returns>
    public static int Run()
    {
        var input = new StreamReader(Console.OpenStandardInput());
        var folder = input.ReadLine() ?? "";
        using var output = new StreamWriter(Console.OpenStandardOutput());
        var job = TrainingJob.Read(JsonElement.Parse(File.ReadAllBytes(Path.Combine(folder, TrainingJob.File))));
        var clock = CreateClock(job);
        ServerWatch.Start(input, line => clock.IsAskedToFinish |= line == Finish);
        OfferToTheSystem();
        NativeRuntime.Prepare(new ComputeOptions { Threads = job.Threads });
        NativeTuning.LowerPriority(); // and so that of the threads which this one starts
        try
        {
            // Waits on this thread: its priority and its number of threads are those to compute with.
            using var owner = TakeFolderAsync(folder, TimeProvider.System).GetAwaiter().GetResult();
            Train(job, folder, clock, output);
            return 0;
        }
        catch (Exception exception) when (exception is TrainingFailedException or ServingException or IOException)
        {
            Console.Error.WriteLine(exception.Message.ReplaceLineEndings(" "));
            return Failed;
        }
    }

    /// <summary>Trains a job in this process.</summary>
    /// <param name="job">The job.</param>
    /// <param name="folder">The run's folder.</param>
    /// <param name="clock">The time of the run.</param>
    /// <param name="output">Receives the events.</param>
    /// <param name="secondsBetweenCheckpoints">Least seconds from one checkpoint to the next.</param>
    internal static void Train(
        TrainingJob job,
        string folder,
        TrainingClock clock,
        TextWriter output,
        double secondsBetweenCheckpoints = 1
    )
    {
        NativeRuntime.PrepareThread();
        using var context = new TrainingContext(
            job,
            ReadInitial(job, folder),
            folder,
            clock,
            new TrainingReport(output)
        )
        {
            SecondsBetweenCheckpoints = secondsBetweenCheckpoints,
        };
        new TrainingSession(context, folder).Run();
    }

    /// <summary>
    /// Takes a run's folder, and waits while another process has it: that of a server which was killed may still write
    /// a checkpoint, and what one process reads must not change under it.
    /// </summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="clock">The time between tries.</param>
    /// <returns>Gives the folder back, as the end of the process does, too.</returns>
    /// <exception cref="IOException">The other process still has it after a minute.</exception>
    internal static async Task<IDisposable> TakeFolderAsync(string folder, TimeProvider clock)
    {
        var path = Path.Combine(folder, "owner.tmp");
        for (var begin = clock.GetTimestamp(); ; await Task.Delay(PollInterval, clock))
        {
            try
            {
                return File.Open(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
            }
            catch (IOException) when (Directory.Exists(folder) && clock.GetElapsedTime(begin) < MostTimeToTake)
            {
                // The other process is ending.
            }
        }
    }

    // Seconds are planned with. Epochs give the same bits at any speed, so a limit only cuts them off.
    internal static TrainingClock CreateClock(TrainingJob job)
    {
        var budget = job.Definition.Budget;
        var seconds = budget?.Seconds ?? (budget?.Epochs is null ? DefaultSeconds : null);
        return new TrainingClock(
            seconds is { } asked ? Math.Min(asked, job.MaxSeconds ?? asked) : null,
            job.MaxSeconds
        );
    }

    // Training from scratch begins with random weights of its own seed, whatever the initial ones are.
    private static ParameterStore ReadInitial(TrainingJob job, string folder)
    {
        var network = job.Model.Analysis;
        var seed = job.Model.Definition.Seed ?? job.Definition.Seed;
        if (job.Definition.Method == TrainingMethod.Scratch)
            return ParameterStore.Create(network.StateDict, seed, []);
        using var file = WeightsFile.Open(Path.Combine(folder, TrainingJob.InitialWeights), new WeightsLimits());
        var pairs = StateDictMatch.Compare(network.StateDict, file.Tensors, network.Head?.Key, prefix: "").Pairs;
        return ParameterStore.Create(network.StateDict, seed, pairs);
    }

    // Where memory runs out, Linux ends this process and not the server.
    private static void OfferToTheSystem()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                File.WriteAllText("/proc/self/oom_score_adj", "1000");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The system does not allow it.
        }
    }
}
