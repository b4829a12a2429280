using Microsoft.Extensions.Options;
using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

/// <summary>Counts what the versions in memory take on each device.</summary>
/// <param name="options">What they may take.</param>
public sealed class MemoryBudget(IOptions<MemoryOptions> options)
{
    private const double Share = 0.8;

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> used = [];

    /// <summary>Bytes that are taken on a device.</summary>
    /// <param name="device">The device.</param>
    public long Used(string device)
    {
        lock (gate)
            return used.GetValueOrDefault(device);
    }

    /// <summary>Bytes that may be taken on a device.</summary>
    /// <param name="device">The device.</param>
    public long Limit(string device) =>
        options.Value.Budget
        ?? (device == "cpu" ? (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes * Share) : long.MaxValue);

    /// <summary>Takes room.</summary>
    /// <returns>The room, given back when it is disposed; null when there is not so much.</returns>
    internal IDisposable? TryTake(string device, long bytes)
    {
        lock (gate)
        {
            var taken = used.GetValueOrDefault(device);
            if (bytes > Limit(device) - taken)
                return null;
            used[device] = taken + bytes;
            return new Room(this, device, bytes);
        }
    }

    /// <summary>The error of what can't fit.</summary>
    internal ServingException DoesNotFit(string model, string device, long bytes) =>
        new(
            ErrorCode.OutOfMemory,
            $"{model} needs {bytes} bytes on {device}; the budget is {Limit(device)} bytes, and {Used(device)} are taken by versions that are pinned, in use or being loaded. "
                + "Unload or delete some, or raise ModelService:Memory:Budget."
        );

    private sealed class Room(MemoryBudget budget, string device, long bytes) : IDisposable
    {
        private bool isReturned;

        public void Dispose()
        {
            lock (budget.gate)
            {
                if (!isReturned)
                    budget.used[device] -= bytes;
                isReturned = true;
            }
        }
    }
}
