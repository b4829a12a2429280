using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>Where the server stores models and uploads, and which models it loads at the start.</summary>
public sealed class StorageOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Storage";

    /// <summary>
    /// The folder where models are stored. One server owns it; a second server with the same folder does not start,
    /// unless it is <see cref="ReadOnly"/>.
    /// </summary>
    /// <value>
    /// A folder, created if it doesn't exist; relative to the server's content root; default <c>data</c>, in the
    /// container <c>/data</c>.
    /// </value>
    [Required]
    public string Path { get; init; } = "data";

    /// <summary>
    /// Whether the server only serves the stored models and refuses changes. It then doesn't own the folder, so several
    /// servers can serve the models that another one writes. They find new models when they are restarted.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>false</c>.</value>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Which versions are loaded when the server starts: all, first those that are pinned and then by their last use;
    /// none; or those that are pinned as their model's default. They are loaded in the background; any other version is
    /// loaded by the first request for it.
    /// </summary>
    /// <value><c>all</c>, <c>on_demand</c> or <c>pinned</c>; default <c>all</c>.</value>
    [AllowedValues("all", "on_demand", "pinned")]
    public string Load { get; init; } = "all";

    /// <summary>
    /// The folder for uploaded files while they are being read. It needs room for the largest files that are uploaded
    /// at the same time. It must belong to the server's user, be closed to others (mode 0700), and not be a link;
    /// otherwise the server does not start. Servers of the same user may share it.
    /// </summary>
    /// <value>
    /// A folder, created if it doesn't exist; default: <c>model-service-USER</c> in the system's folder for temporary
    /// files.
    /// </value>
    [MinLength(1, ErrorMessage = "Staging must be the path of a folder; leave it out for the default.")]
    public string? Staging { get; init; }
}

[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;
