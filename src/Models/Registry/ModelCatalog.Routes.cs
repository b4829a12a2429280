using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Models.Registry;

/// <content>Sets, removes and stops the routes of a model.</content>
public sealed partial class ModelCatalog
{
    /// <summary>
    /// Stores that the routes of a model have stopped. Does nothing when other ones were set meanwhile.
    /// </summary>
    /// <param name="name">The model's name.</param>
    /// <param name="routes">The routes.</param>
    /// <param name="stop">Why they have stopped.</param>
    /// <returns>The model, or as <see cref="UpdateAsync"/>.</returns>
    internal Task<Outcome<ModelEntry>> StopRoutesAsync(string name, ModelRoutes routes, RouteStop stop) =>
        ChangeAsync(
            name,
            async entry =>
            {
                if (entry.Settings.Routes is not { Stopped: null } current || current.Since != routes.Since)
                    return entry;
                var settings = entry.Settings with { Routes = current with { Stopped = stop } };
                await store.PutSettingsAsync(name, settings);
                registry.Apply(() => entry.Take(settings));
                return entry;
            },
            CancellationToken.None
        );

    // The routes after a change. A default version that is chosen without routes ends them: it is to answer alone.
    private ModelRoutes? RoutesAfter(ModelEntry entry, ModelUpdate update, int? pinned)
    {
        if (update.Routes is not { Percents: var shares })
            return update.DefaultVersion is null ? entry.Settings.Routes : null;
        if (shares.Count == 0)
            return null;
        List<ErrorDetail> errors =
        [
            .. from version in shares.Keys
            let error = WhyNotServable(entry, version)
            where error is not null
            select new ErrorDetail(
                JsonPointer.Append("/routes", version.ToString(CultureInfo.InvariantCulture)),
                error
            ),
        ];

        // Nothing is pinned: the version with the largest share is the one that is known to be good, or the older one.
        var stable = pinned ?? shares.MaxBy(pair => (pair.Value, -pair.Key)).Key;
        if (!shares.ContainsKey(stable))
        {
            errors.Add(
                new ErrorDetail(
                    "/routes",
                    $"The pinned default version {stable} has no share. The others are compared with it: give it one, "
                        + "which may be 0, or pin another version with \"default_version\"."
                )
            );
        }

        if (errors.Count > 0)
        {
            var first = errors[0];
            throw new ServingException(
                ErrorCode.DefinitionInvalid,
                $"At {first.Pointer}: {first.Detail}" + (errors.Count > 1 ? $" And {errors.Count - 1} more." : ""),
                errors
            );
        }

        // Other routes begin at another time, also when the clock stands or goes back.
        var now = clock.GetUtcNow();
        var before = entry.Settings.Routes?.Since.AddTicks(1);
        return new ModelRoutes
        {
            Shares = shares,
            Stable = stable,
            Stop = update.Stop ?? new StopConditions(),
            Since = before > now ? before.Value : now,
        };
    }

    private static string? WhyNotServable(ModelEntry entry, int version)
    {
        if (!entry.Find(version).TryGet(out var found, out var missing))
            return missing.Detail;
        return found.Current is { IsServable: true, State: not VersionState.Loading } ? null : found.NotReady().Detail;
    }
}
