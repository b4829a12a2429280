using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends.Native;
using ModelService.Models.Backends.TorchScript;
using ModelService.Models.Errors;
using TorchSharp;

namespace ModelService.Models.Registry;

/// <summary>Counts the memory that versions use on each device, and keeps it within a limit. Thread-safe.</summary>
/// <remarks>
/// On the CPU, programs that wait for their next plan fill a part of what versions leave: a version that needs their
/// memory gets it.
/// </remarks>
public sealed class MemoryBudget
{
    // Of the memory that the process may use, or that a GPU has: the default limit.
    private const double DefaultFraction = 0.8;
    private const string Cpu = "cpu";

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> reserved = [];
    private readonly ConcurrentDictionary<string, long?> ofGpus = [];
    private readonly IOptions<MemoryOptions> options;
    private readonly ProgramCache programs;

    /// <summary>A budget that counts the waiting programs of the process.</summary>
    /// <param name="options">The limit.</param>
    public MemoryBudget(IOptions<MemoryOptions> options)
        : this(options, ProgramCache.Shared) { }

    /// <summary>A budget.</summary>
    /// <param name="options">The limit.</param>
    /// <param name="programs">The programs that wait in the memory of the CPU.</param>
    internal MemoryBudget(IOptions<MemoryOptions> options, ProgramCache programs) =>
        (this.options, this.programs) = (options, programs);

    /// <summary>
    /// Raised when a reservation finds too few bytes, before it gives up: whoever holds memory that it can do without
    /// frees it.
    /// </summary>
    internal event Action? Short;

    /// <summary>Bytes that are used on a device: by versions, and on the CPU by programs that wait.</summary>
    /// <param name="device">The device.</param>
    public long Used(string device) => Reserved(device) + (device == Cpu ? programs.IdleBytes : 0);

    /// <summary>Bytes that may be used on a device.</summary>
    /// <param name="device">The device.</param>
    public long Limit(string device) =>
        options.Value.Budget ?? (Memory(device) is { } bytes ? (long)(bytes * DefaultFraction) : long.MaxValue);

    /// <summary>Whether memory can be reserved on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">How many bytes.</param>
    internal bool HasRoom(string device, long bytes) => bytes <= Limit(device) - Reserved(device);

    /// <summary>Reserves memory on a device, and drops waiting programs if they take it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>The reservation, released when it is disposed; null when the versions leave too few bytes.</returns>
    internal IDisposable? TryReserve(string device, long bytes)
    {
        if (!HasRoom(device, bytes))
            Short?.Invoke();
        lock (gate)
        {
            var before = reserved.GetValueOrDefault(device);
            var rest = Limit(device) - before - bytes;
            if (rest < 0)
                return null;
            if (device == Cpu)
                programs.Trim(rest);
            reserved[device] = before + bytes;
            return new Reservation(this, device, bytes);
        }
    }

    /// <summary>The error when a model does not fit into the budget.</summary>
    /// <param name="model">The model, as the subject of a sentence.</param>
    /// <param name="device">The device.</param>
    /// <param name="bytes">The bytes that it needs.</param>
    internal ServingException DoesNotFit(string model, string device, long bytes) =>
        bytes > Limit(device)
            ? new ServingException(
                new Failure(
                    ErrorCode.OutOfMemory,
                    $"{model} needs {bytes} bytes on {device}, and the budget for all models is {Limit(device)} bytes. "
                        + "It can be loaded once ModelService:Memory:Budget is raised."
                )
                {
                    RetryAfter = Timeout.InfiniteTimeSpan,
                }
            )
            : new ServingException(
                ErrorCode.OutOfMemory,
                $"{model} needs {bytes} bytes on {device}. The budget is {Limit(device)} bytes, and versions that are "
                    + $"pinned, in use or being loaded have reserved {Reserved(device)} of them. "
                    + "Unload or delete some versions, or raise ModelService:Memory:Budget."
            );

    /// <summary>The error in the definition of a model that the whole budget does not hold.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">The bytes that it needs.</param>
    internal ServingException NeverFits(string device, long bytes)
    {
        var detail =
            $"The model needs {bytes} bytes on {device}, and the budget for all models is {Limit(device)} bytes "
            + "(ModelService:Memory:Budget).";
        return new(ErrorCode.DefinitionInvalid, detail, [new ErrorDetail("", detail)]);
    }

    private long? Memory(string device) =>
        device == Cpu
            ? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes
            : ofGpus.GetOrAdd(device, name => GpuMemory.Total(new torch.Device(name).index));

    private long Reserved(string device)
    {
        lock (gate)
            return reserved.GetValueOrDefault(device);
    }

    private sealed class Reservation(MemoryBudget budget, string device, long bytes) : IDisposable
    {
        private bool isReleased;

        public void Dispose()
        {
            lock (budget.gate)
            {
                if (!isReleased)
                    budget.reserved[device] -= bytes;
                isReleased = true;
            }
        }
    }
}
