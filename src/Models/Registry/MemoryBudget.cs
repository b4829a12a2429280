using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>Counts the memory that versions use on each device, and keeps it within a limit. Thread-safe.</summary>
/// <param name="options">The limit.</param>
public sealed class MemoryBudget(IOptions<MemoryOptions> options)
{
    // Of the memory that the process may use: the default limit for the CPU.
    private const double DefaultFraction = 0.8;

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> used = [];

    /// <summary>Bytes that are reserved on a device.</summary>
    /// <param name="device">The device.</param>
    public long Used(string device)
    {
        lock (gate)
            return used.GetValueOrDefault(device);
    }

    /// <summary>Bytes that may be reserved on a device.</summary>
    /// <param name="device">The device.</param>
    public long Limit(string device) =>
        options.Value.Budget
        ?? (device == "cpu" ? (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * DefaultFraction) : long.MaxValue);

    /// <summary>Reserves memory on a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <returns>The reservation, released when it is disposed; null when the limit leaves too few bytes.</returns>
    internal IDisposable? TryReserve(string device, long bytes)
    {
        lock (gate)
        {
            var reserved = used.GetValueOrDefault(device);
            if (bytes > Limit(device) - reserved)
                return null;
            used[device] = reserved + bytes;
            return new Reservation(this, device, bytes);
        }
    }

    /// <summary>The error when a model does not fit into the budget.</summary>
    /// <param name="model">The model, as the subject of a sentence.</param>
    /// <param name="device">The device.</param>
    /// <param name="bytes">The bytes that it needs.</param>
    internal ServingException DoesNotFit(string model, string device, long bytes) =>
        new(
            ErrorCode.OutOfMemory,
            $"{model} needs {bytes} bytes on {device}. The budget is {Limit(device)} bytes, and versions that are "
                + $"pinned, in use or being loaded have reserved {Used(device)} of them. "
                + "Unload or delete some versions, or raise ModelService:Memory:Budget."
        );

    private sealed class Reservation(MemoryBudget budget, string device, long bytes) : IDisposable
    {
        private bool isReleased;

        public void Dispose()
        {
            lock (budget.gate)
            {
                if (!isReleased)
                    budget.used[device] -= bytes;
                isReleased = true;
            }
        }
    }
}
