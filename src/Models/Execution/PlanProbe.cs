using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Backends.Native;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Scheduling;
using ModelService.Models.Tensors;

namespace ModelService.Models.Execution;

/// <summary>
/// Probes networks before they serve for the first time on this machine: a child process builds the network and
/// computes with it, so that a crash of a native library does not end the server. The results are stored.
/// </summary>
/// <param name="command">The command that starts a probe.</param>
/// <param name="compute">How models compute, and how long a probe may take.</param>
/// <param name="batching">The limits of batches.</param>
/// <param name="limits">The limits that architectures are read with.</param>
/// <param name="cache">Stores the results.</param>
/// <param name="clock">The time for which a failure that may pass is remembered.</param>
/// <param name="logger">Logs each probe.</param>
public sealed partial class PlanProbe(
    ProbeCommand command,
    IOptions<ComputeOptions> compute,
    IOptions<BatchingOptions> batching,
    IOptions<ArchitectureLimits> limits,
    IProbeCache cache,
    TimeProvider clock,
    ILogger<PlanProbe> logger
) : IDisposable
{
    private readonly RecentFailures recent = new(clock);

    // A probe that hangs holds its place until it times out, so there is more than one.
    private readonly SemaphoreSlim room = new(Math.Clamp(Environment.ProcessorCount / 2, 2, 4));

    // A probe may take this many times the estimated memory of its model, beside the memory of a process with .NET and
    // libtorch but without a model.
    private const long EmptyProcessMemory = 2L << 30;
    private const int MemoryFactor = 4;

    // On a busy machine, a probe may take this many times its limit by the clock.
    private const int Patience = 3;

    /// <summary>Finds out with which backend a network can compute on this machine.</summary>
    /// <param name="model">The model.</param>
    /// <param name="device">The device that it computes on.</param>
    /// <param name="memory">The estimated bytes that it takes.</param>
    /// <param name="cancellationToken">Ends the child process.</param>
    /// <returns>No failure: it computes by its plan. Otherwise it computes layer by layer, for that reason.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.PlanRejected"/>: it can compute neither by its plan nor layer by layer. If a failure may
    /// pass, such as a time-out, the error says when the network is probed again; until then the answer is the same.
    /// <see cref="ErrorCode.OutOfMemory"/>: the probe found too little memory.
    /// </exception>
    internal async Task<ProbeResult> ProbeAsync(
        ResolvedModel model,
        string device,
        long memory,
        CancellationToken cancellationToken
    )
    {
        // oneDNN ends the process with a signal for some shapes of convolutions.
        var precision = model.Definition.Precision;
        var isChosen = precision is Precision.Auto or Precision.Fastest;
        if (!compute.Value.Trial && device == "cpu" && (isChosen || precision == Precision.BFloat16))
        {
            throw Rejected(
                "Without a probe (ModelService:Compute:Trial), the CPU computes in float32 only: some bfloat16 "
                    + "convolutions would end the server.",
                retryAfter: null
            );
        }

        if (command.Program is null || !compute.Value.Trial)
            return ProbeResult.Passed;
        var byPlan = await RunOrFindAsync(model, device, memory, byPlan: true, cancellationToken);
        if (byPlan.Failure is not { } failure)
            return byPlan;
        var reason = $"Its plan was tried in a separate process, which {failure}";
        if (precision != Precision.Float32 && !isChosen)
            throw Rejected($"{reason} Without a plan, networks are computed in float32 only.", byPlan.RetryAfter);
        var byLayer = await RunOrFindAsync(model, device, memory, byPlan: false, cancellationToken);
        return byLayer.Failure is null
            ? new ProbeResult(reason)
            : throw Rejected(
                $"{reason} It was also tried without the plan, in a process which {byLayer.Failure}",
                byPlan.RetryAfter ?? byLayer.RetryAfter
            );
    }

    /// <inheritdoc/>
    public void Dispose() => room.Dispose();

    private static ServingException Rejected(string reason, TimeSpan? retryAfter)
    {
        var advice = retryAfter is { } time
            ? $" It is tried again in {Math.Ceiling(time.TotalSeconds):0} seconds at the earliest."
            : "";
        return new ServingException(
            new Failure(ErrorCode.PlanRejected, $"This network can't be computed here. {reason}{advice}")
            {
                RetryAfter = retryAfter,
            }
        );
    }

    private async Task<ProbeResult> RunOrFindAsync(
        ResolvedModel model,
        string device,
        long memory,
        bool byPlan,
        CancellationToken cancellationToken
    )
    {
        var key = PlanKey.Compute(
            model,
            device,
            batching.Value.MaxBatchSizeOn(device),
            byPlan ? "probe of the plan" : "probe of the layers"
        );
        if ((await cache.FindAsync(key) ?? recent.Find(key)) is { } known)
            return known;
        var description = ProbeProcess
            .Describe(model, limits.Value, compute.Value, device, byPlan, batching.Value.MaxBatchSizeOn(device))
            .ToJsonString();
        await room.WaitAsync(cancellationToken);
        try
        {
            // The same network may have failed while this one waited.
            if (recent.Find(key) is { } failed)
                return failed;
            var started = clock.GetTimestamp();
            var (result, isRepeatable) = await RunChildAsync(
                description,
                (MemoryFactor * memory) + EmptyProcessMemory,
                cancellationToken
            );
            LogProbed(
                model.Definition.Name,
                byPlan ? Backend.Plan : Backend.Module,
                clock.GetElapsedTime(started).TotalSeconds,
                result.Failure ?? "succeeded"
            );
            if (isRepeatable)
                await cache.KeepAsync(key, result);
            else
                recent.Keep(key, result.Failure!);
            return isRepeatable ? result : result with { RetryAfter = RecentFailures.Lifetime };
        }
        finally
        {
            room.Release();
        }
    }

    // Runs the child process. Returns the result, and whether the same probe would have it again.
    private async Task<(ProbeResult Result, bool IsRepeatable)> RunChildAsync(
        string description,
        long memory,
        CancellationToken cancellationToken
    )
    {
        var step = "starting";
        using var child = new ChildProcess(command.Program!, command.Arguments, line => step = line);
        child.Send(description);
        var started = clock.GetTimestamp();
        if (await child.WaitAsync(FindExcess, clock, cancellationToken) is { } excess)
            return (new ProbeResult(excess), false);
        if (child.ExitCode == 0 && step.StartsWith('{')) // it came to its end
            return (JsonSerializer.Deserialize<ProbeResult>(step)!, true);
        if (child.ExitCode == ProbeProcess.OutOfMemory)
        {
            throw new ServingException(
                ErrorCode.OutOfMemory,
                $"There was not enough memory to try the network in a separate process, while {step}. "
                    + "Unload a model, or try again in a moment."
            );
        }

        LogErrors(child.Errors);

        // As in a shell, a signal gives the exit code 128 plus its number. SIGKILL and SIGTERM come from outside, such
        // as from a system that is short of memory, so the next probe may have another result.
        if (child.ExitCode <= 128)
            return (new ProbeResult($"ended with exit code {child.ExitCode} while {step}."), true);
        var signal = child.ExitCode - 128;
        var name = Signals.GetValueOrDefault(signal) is { } known ? $" ({known})" : "";
        return (new ProbeResult($"was ended by signal {signal}{name} while {step}."), signal is not (9 or 15));

        string? FindExcess(long used, TimeSpan computed)
        {
            var byAllCores = computed / NativeRuntime.Threads;
            var took = TimeSpan.FromTicks(Math.Max(byAllCores.Ticks, clock.GetElapsedTime(started).Ticks / Patience));
            return used > memory ? $"took {used} bytes of memory, more than its limit of {memory}, while {step}."
                : took > compute.Value.TrialTimeout
                    ? $"did not finish within {compute.Value.TrialTimeout.TotalSeconds:0.#} seconds, while {step}."
                : null;
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

    [LoggerMessage(
        LogLevel.Information,
        "The model {Model} was probed with the backend {Backend} for {Seconds:0.0} s: the process {Outcome}"
    )]
    private partial void LogProbed(string model, Backend backend, double seconds, string outcome);

    [LoggerMessage(LogLevel.Warning, "The probe process wrote: {Errors}")]
    private partial void LogErrors(string errors);
}
