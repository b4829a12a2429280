using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Storage;

/// <summary>Where the server stores models and uploads, and which models it loads at the start.</summary>
public sealed class StorageOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Storage";

    /// <summary>
    /// Where models and data sets are stored: in the server's own folder, or in a PostgreSQL database that any number
    /// of servers share, with the weights and photos as blobs (<c>ModelService:Blobs</c>).
    /// </summary>
    /// <value><c>folder</c> or <c>postgres</c>; default <c>folder</c>.</value>
    [AllowedValues("folder", "postgres")]
    public string Kind { get; init; } = "folder";

    /// <summary>
    /// How the database is reached. It needs a database of its own, and creates its tables by itself.
    /// </summary>
    /// <value>
    /// A connection string of Npgsql, such as <c>Host=db;Database=models;Username=models;Password=...</c>; default:
    /// none; needed for the kind <c>postgres</c>.
    /// </value>
    public string? Connection { get; init; }

    /// <summary>
    /// How the database is reached without a pooler between, such as PgBouncer, which doesn't pass on notifications.
    /// </summary>
    /// <value>A connection string of Npgsql; default: <see cref="Connection"/>.</value>
    public string? DirectConnection { get; init; }

    /// <summary>
    /// The time after which a server asks the database for changes, if no notification comes before. A server that
    /// did not ask for five times this long counts as gone.
    /// </summary>
    /// <value>A time; 100 milliseconds to 1 minute; default 1 second.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The folder where models are stored, or, when they are in a database, this server's evaluations, the trainings
    /// and quantizations that it runs, and its cache of weights and photos. One server owns it; a second server with
    /// the same folder does not start, unless it is <see cref="ReadOnly"/>.
    /// </summary>
    /// <value>
    /// A folder, created if it doesn't exist; relative to the server's content root; default <c>data</c>, in the
    /// container <c>/data</c>.
    /// </value>
    [Required]
    public string Path { get; init; } = "data";

    /// <summary>
    /// Whether the server only serves the stored models and refuses changes. It then doesn't own the folder, so several
    /// servers can serve the models that another one writes. They find new models when they are restarted, or, when the
    /// models are in a database, at once.
    /// </summary>
    /// <value><c>true</c> or <c>false</c>; default <c>false</c>.</value>
    public bool ReadOnly { get; init; }

    /// <summary>
    /// Which versions are loaded when the server starts: all, first those that are pinned and then by their last use;
    /// none; or those that are pinned as their model's default or have a share of its routes. They are loaded in the
    /// background; any other version is loaded by the first request for it.
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

    /// <summary>Whether the models are in a database that servers share.</summary>
    internal bool IsShared => Kind == "postgres";
}

[OptionsValidator]
internal sealed partial class StorageOptionsValidator : IValidateOptions<StorageOptions>;

/// <summary>Checks the options of storage that need each other.</summary>
internal sealed class StorageOptionsRules : IValidateOptions<StorageOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
        options is { IsShared: true, Connection: null or "" }
            ? ValidateOptionsResult.Fail(
                $"{StorageOptions.Section}:{nameof(StorageOptions.Connection)} is needed for the kind postgres."
            )
            : ValidateOptionsResult.Success;
}
