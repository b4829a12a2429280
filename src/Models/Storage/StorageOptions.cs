using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>Where files are kept, and what of them is loaded.</summary>
public sealed class StorageOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Storage";

    /// <summary>Where models are kept. One server owns the folder; a second one that is given the same refuses to start, unless it is <see cref="ReadOnly"/>.</summary>
    /// <value>A folder, made if it isn't there; relative to the server's content root; default <c>data</c>, in the container <c>/data</c>.</value>
    [Required]
    public string Path { get; init; } = "data";

    /// <summary>
    /// Serves what is there and takes nothing new. The folder is not claimed, so that several servers can serve what one other writes; what that
    /// one adds, they find when they are started again.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>false</c>.</value>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// What is loaded when the server starts: every version, the default ones first; nothing; or the versions that are pinned as their model's
    /// default. It happens beside the requests, and what isn't loaded is loaded by its first request.
    /// </summary>
    /// <value><c>all</c>, <c>on_demand</c> or <c>pinned</c>; default <c>all</c>.</value>
    [AllowedValues("all", "on_demand", "pinned")]
    public string Load { get; init; } = "all";

    /// <summary>Where uploads wait while they are read; it must have room for the largest ones that come at once. Servers may share it.</summary>
    /// <value>A folder, made if it isn't there; default: <c>model-service-USER</c> among the system's temporary files.</value>
    public string? Staging { get; init; }
}

[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
