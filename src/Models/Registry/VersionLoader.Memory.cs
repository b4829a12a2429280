using ModelService.Models.Errors;

namespace ModelService.Models.Registry;

internal sealed partial class VersionLoader
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Fails when a version needs more memory than all versions may have.</summary>
    /// <param name="version">The version.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.DefinitionInvalid"/>.</exception>
    public void ThrowIfTooLarge(ModelVersion version)
    {
        var (device, bytes) = (DeviceOf(version), version.MemoryBytes);
        if (bytes > budget.Limit(device))
            throw budget.NeverFits(device, bytes);
    }

    /// <summary>
    /// Reserves memory for a version, and unloads others until there is enough. Waits for those that are in use or
    /// being loaded, but not as long as a request waits for its version.
    /// </summary>
    /// <param name="version">The version.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The reserved memory; the caller disposes it, or passes it on.</returns>
    /// <exception cref="ServingException"><see cref="ErrorCode.OutOfMemory"/>.</exception>
    public async Task<IDisposable> ReserveAsync(ModelVersion version, CancellationToken cancellationToken)
    {
        var (device, bytes) = (DeviceOf(version), version.MemoryBytes);
        var started = clock.GetTimestamp();
        while (true)
        {
            if (budget.TryReserve(device, bytes) is { } reserved)
                return reserved;
            var waits = clock.GetElapsedTime(started) < options.Value.LoadWait / 2;
            if (bytes > budget.Limit(device) || !await UnloadOneAsync(version, device, waits, cancellationToken))
                throw budget.DoesNotFit($"Version {version.Version} of '{version.Name}'", device, bytes);
        }
    }

    // Unloads one version that is not leased, the least recently used first. A version whose memory is being freed
    // already comes before all others; one that is unloaded as soon as its leases end is in use until then. When all
    // are in use, waits a moment; false when there is nothing to wait for.
    private async Task<bool> UnloadOneAsync(
        ModelVersion version,
        string device,
        bool waits,
        CancellationToken cancellationToken
    )
    {
        var candidates = (
            from entry in registry.List()
            from item in entry.Versions
            where
                (item.Version != entry.Pinned || !placement.IsHome(entry.Name))
                && item != version
                && item.Current.State is VersionState.Loading or VersionState.Ready or VersionState.Draining
                && DeviceOf(item) == device
            orderby item.LastUsed
            select item
        ).ToList();
        var leaving = candidates.FirstOrDefault(item =>
            item.Current.State == VersionState.Draining && item.Holders is null
        );
        if (leaving is not null)
        {
            await leaving.DrainedAsync().WaitAsync(cancellationToken);
            return true;
        }

        const string Reason = "Another version needed its memory; the next request loads it.";
        foreach (var candidate in candidates)
        {
            if (candidate.Drain(Reason, loadsOnRequest: true, onlyIdle: true) is not { } draining)
                continue;
            await draining.WaitAsync(cancellationToken);
            LogUnloaded(candidate.Name, candidate.Version, candidate.Bytes);
            return true;
        }

        if (candidates.Count == 0 || !waits)
            return false;
        await Task.Delay(PollInterval, clock, cancellationToken);
        return true;
    }
}
