using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Registry;

/// <summary>How servers that share a database change the default version of a model together.</summary>
public sealed class RolloutOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Rollout";

    /// <summary>
    /// How many of the living servers must have a new default version in memory, before all that have it answer by it.
    /// The old version answers until then. A server that can't load the version counts as well. All servers need the
    /// same value.
    /// </summary>
    /// <value><c>all</c>, a number such as <c>2</c>, or a share such as <c>50%</c>; default <c>all</c>.</value>
    [RegularExpression("all|[1-9][0-9]{0,3}|([1-9][0-9]?|100)%")]
    public string Ready { get; init; } = "all";

    /// <summary>
    /// The longest that a server waits for the others. Then it answers by the new version, if it can. 0: it doesn't
    /// wait.
    /// </summary>
    /// <value>A time; 0 to 1 hour; default 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The number of servers that must be ready.</summary>
    /// <param name="servers">The number of living servers; at least 1.</param>
    internal int CountNeeded(int servers)
    {
        if (Ready == "all")
            return servers;
        var number = int.Parse(Ready.TrimEnd('%'), CultureInfo.InvariantCulture);
        return Ready.EndsWith('%') ? ((servers * number) + 99) / 100 : Math.Min(number, servers);
    }
}

[OptionsValidator]
internal sealed partial class RolloutOptionsValidator : IValidateOptions<RolloutOptions>;
