namespace ModelService.Models.Registry;

/// <content>
/// The change of the default version among servers that share a store. With a store that one server owns, the default
/// answers at once.
/// </content>
public sealed partial class ModelEntry
{
    private int? active; // the version that answers for the default; null: the default itself
    private Rollout? rollout;

    /// <summary>The change of its default version that is under way; null: none is.</summary>
    public Rollout? Rollout
    {
        get
        {
            lock (gate)
                return rollout;
        }
    }

    /// <summary>The default, whether or not it answers already.</summary>
    internal ModelVersion LastingDefault
    {
        get
        {
            lock (gate)
                return FindDefault();
        }
    }

    /// <summary>Lets the present default answer until <see cref="TrySwitch"/>, whatever is changed.</summary>
    internal void Hold()
    {
        lock (gate)
            active ??= FindDefault().Version;
    }

    /// <summary>Begins a rollout, if the default is another version than the one that answers.</summary>
    /// <param name="revision">The revision of the store that is in memory now.</param>
    /// <param name="now">A timestamp of the clock.</param>
    internal void BeginRollout(long revision, long now)
    {
        lock (gate)
        {
            var wanted = FindDefault();
            if (wanted.Version == active || FindActive() is null)
                (active, rollout) = (wanted.Version, null);
            else if (rollout?.Wanted != wanted)
                rollout = new Rollout(wanted, revision, now);
        }
    }

    /// <summary>Lets the default answer, if enough servers are ready.</summary>
    /// <param name="isLate">Tells of a rollout whether it has waited for long enough.</param>
    /// <returns>The version that answers from now on; null when nothing changes.</returns>
    internal ModelVersion? TrySwitch(Func<Rollout, bool> isLate)
    {
        lock (gate)
        {
            var wanted = FindDefault();
            if (wanted.Version == active)
            {
                rollout = null;
                return null;
            }

            // Without a rollout, a change of this server is about to begin one, or no change of the store was needed:
            // a version was loaded that could not be loaded before.
            var isDue = rollout is null
                ? Changes.CurrentCount > 0
                : rollout.IsPrepared && wanted.Current.IsServable && (rollout.IsReleased || isLate(rollout));
            if (!isDue && FindActive() is not null)
                return null;
            (active, rollout) = (wanted.Version, null);
            return wanted;
        }
    }

    // The version that answers for the default, as long as it can.
    private ModelVersion? FindActive() =>
        active is { } number
        && versions.TryGetValue(number, out var version)
        && version.Current is { State: VersionState.Ready, IsQuarantined: false }
            ? version
            : null;
}
