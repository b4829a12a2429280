using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>
/// How servers that share a registry share the memory that models need, when all models don't fit into each server.
/// </summary>
public sealed class ClusterOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Cluster";

    /// <summary>
    /// The address at which the other servers reach this one. With it, models have servers on which they belong
    /// (<see cref="Copies"/>): a server that is asked for a model which is not in its memory, and which would have to
    /// unload another one for it, forwards the request to one of these. Without it, each server loads whatever it is
    /// asked for.
    /// </summary>
    /// <value>
    /// An address without a path, such as <c>http://10.0.3.7:8080</c>, which no other server has; default: none. Needs
    /// the kind <c>postgres</c> of <c>ModelService:Storage:Kind</c>.
    /// </value>
    public Uri? Address { get; init; }

    /// <summary>
    /// The number of servers on which a model belongs. All servers have the same number. The memory of all models, so
    /// many times, should fit into two thirds of the memory of all servers.
    /// </summary>
    /// <value>A number; 1 to 100; default 2.</value>
    [Range(1, 100)]
    public int Copies { get; init; } = 2;
}

[OptionsValidator]
internal sealed partial class ClusterOptionsValidator : IValidateOptions<ClusterOptions>;

/// <summary>Checks the options of a cluster that need others.</summary>
/// <param name="storage">Where models are stored.</param>
internal sealed class ClusterOptionsRules(IOptions<StorageOptions> storage) : IValidateOptions<ClusterOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ClusterOptions options)
    {
        if (options.Address is not { } address)
            return ValidateOptionsResult.Success;
        const string Setting = $"{ClusterOptions.Section}:{nameof(ClusterOptions.Address)}";
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https") || address.PathAndQuery != "/")
        {
            return ValidateOptionsResult.Fail(
                $"{Setting} is '{address}'; it must be an address without a path, such as http://10.0.3.7:8080."
            );
        }

        return storage.Value.IsShared
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{Setting} needs {StorageOptions.Section}:Kind=postgres.");
    }
}
