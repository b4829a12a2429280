using System.Diagnostics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;
using TorchSharp;

namespace ModelService.Models.Execution;

/// <summary>Has networks tried before they serve for the first time on this machine, and remembers in the data folder how that went.</summary>
/// <param name="command">How a trial is started.</param>
/// <param name="compute">What models compute with, and how long a trial may take.</param>
/// <param name="batching">Which batches there will be.</param>
/// <param name="limits">What architectures are read with.</param>
/// <param name="cache">Remembers results.</param>
/// <param name="logger">Told of each trial.</param>
public sealed partial class PlanProbe(
    ProbeCommand command,
    IOptions<ComputeOptions> compute,
    IOptions<BatchingOptions> batching,
    IOptions<ArchitectureLimits> limits,
    IProbeCache cache,
    ILogger<PlanProbe> logger
)
{
    // A process of .NET with libtorch, before it has a model; and how often a model's estimated memory its trial may take.
    private const long MemoryOfNothing = 2L << 30;
    private const int MemoryFactor = 4;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(50);

    /// <summary>Finds out how a network can compute here.</summary>
    /// <param name="resolved">The network.</param>
    /// <param name="device">Where.</param>
    /// <param name="memory">Estimated bytes that it takes.</param>
    /// <returns>Passed: by its plan. Otherwise why it computes by its module.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.PlanRejected"/>: neither by its plan nor by its module.</exception>
    internal ProbeResult Probe(ResolvedModel resolved, string device, long memory)
    {
        if (command.Program is null || !compute.Value.Trial)
            return ProbeResult.Passed;
        if (Try(resolved, device, memory, byPlan: true).Failure is not { } failure)
            return ProbeResult.Passed;
        var reason = $"Its plan was tried in a process of its own, which {failure}";

        // The module computes in float32 only.
        var rejection =
            resolved.Definition.Precision == Precision.Float32
                ? Try(resolved, device, memory, byPlan: false).Failure
                : "it can't do in this precision";
        return rejection is null
            ? new ProbeResult(reason)
            : throw new ServingException(
                ErrorCode.PlanRejected,
                $"This network can't be computed here. {reason} Without the plan, the process {rejection}"
            );
    }

    private ProbeResult Try(ResolvedModel resolved, string device, long memory, bool byPlan)
    {
        var key = Key(resolved, device, byPlan);
        if (cache.Find(key) is { } known)
            return known;
        var started = Stopwatch.GetTimestamp();
        var (result, isLasting) = RunChild(
            ProbeProcess
                .Describe(resolved, limits.Value, compute.Value, device, byPlan, batching.Value.MaxBatchSizeOn(device))
                .ToJsonString(),
            (MemoryFactor * memory) + MemoryOfNothing
        );
        LogTried(
            resolved.Definition.Name,
            byPlan ? Backend.Plan : Backend.Module,
            Stopwatch.GetElapsedTime(started).TotalSeconds,
            result.Failure ?? "came to its end"
        );
        if (isLasting)
            cache.Keep(key, result);
        return result;
    }

    // The result, and whether another try would have the same.
    private (ProbeResult Result, bool IsLasting) RunChild(string description, long memory)
    {
        var step = "starting";
        using var child = new Process
        {
            StartInfo = new ProcessStartInfo(command.Program!, command.Arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        child.OutputDataReceived += (_, line) => step = line.Data ?? step;
        var errors = new StringBuilder();
        child.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
        child.Start();
        child.BeginOutputReadLine();
        child.BeginErrorReadLine();
        _ = TellAsync(child.StandardInput, description);
        var started = Stopwatch.GetTimestamp();
        while (!child.WaitForExit(Glance))
        {
            var (used, took) = (MemoryOf(child), Stopwatch.GetElapsedTime(started));
            if (used <= memory && took <= compute.Value.TrialTimeout)
                continue;
            child.Kill(entireProcessTree: true);
            child.WaitForExit();
            var why =
                used > memory
                    ? $"took {used} bytes of memory, more than the {memory} that it may, while {step}."
                    : $"was not done after {compute.Value.TrialTimeout.TotalSeconds:0.#} seconds, while {step}.";
            return (new ProbeResult(why), false);
        }

        // All that it wrote has been read then.
        child.WaitForExit();
        if (child.ExitCode == 0)
            return (ProbeResult.Passed, true);
        LogErrors(errors.ToString());

        // As shells have it: 128 and the signal's number. By SIGKILL and SIGTERM somebody else ended it, such as a system short of memory.
        if (child.ExitCode <= 128)
            return (new ProbeResult($"ended with exit code {child.ExitCode} while {step}."), true);
        var signal = child.ExitCode - 128;
        var name = Signals.GetValueOrDefault(signal) is { } known ? $" ({known})" : "";
        return (new ProbeResult($"was ended by signal {signal}{name} while {step}."), signal is not (9 or 15));
    }

    // Beside the waiting: a child that hangs before it reads would hold up whoever writes more than a pipe takes.
    private static async Task TellAsync(StreamWriter input, string description)
    {
        try
        {
            await using (input)
                await input.WriteAsync(description);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // It is gone already; its exit code says why.
        }
    }

    private static long MemoryOf(Process child)
    {
        try
        {
            child.Refresh();
            return child.WorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It has ended since the last glance.
            return 0;
        }
    }

    private static Dictionary<int, string> Signals { get; } =
        new()
        {
            [4] = "SIGILL",
            [6] = "SIGABRT",
            [7] = "SIGBUS",
            [8] = "SIGFPE",
            [9] = "SIGKILL",
            [11] = "SIGSEGV",
            [15] = "SIGTERM",
        };

    // Another build of this program, another library, processor or number of threads, and it is tried anew.
    private string Key(ResolvedModel resolved, string device, bool byPlan)
    {
        var parts = string.Join(
            '|',
            ArchitectureHash.Compute(resolved.Architecture),
            resolved.Definition.Precision,
            device,
            byPlan,
            typeof(PlanProbe).Module.ModuleVersionId,
            torch.__version__,
            Processor(),
            NativeRuntime.Threads,
            batching.Value.MaxBatchSizeOn(device)
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)));
    }

    // Its brand, and what the system lets programs use of it. Source: AMD64 Architecture Programmer's Manual, CPUID functions 8000_0002 to 8000_0004.
    private static string Processor() =>
        !X86Base.IsSupported
            ? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString()
            : string.Join(' ', Enumerable.Range(unchecked((int)0x80000002), 3).Select(leaf => X86Base.CpuId(leaf, 0)))
                + $" {Avx2.IsSupported} {Avx512F.IsSupported} {Precisions.ProcessorHasBFloat16}";

    [LoggerMessage(
        LogLevel.Information,
        "The network of {Model} was tried by its {Route} for {Seconds:0.0} s: the process {Outcome}"
    )]
    private partial void LogTried(string model, Backend route, double seconds, string outcome);

    [LoggerMessage(LogLevel.Warning, "The process that tried a network wrote: {Errors}")]
    private partial void LogErrors(string errors);
}
