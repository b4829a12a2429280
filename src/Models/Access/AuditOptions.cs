using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Models.Access;

/// <summary>
/// The audit: who changed what, and when. It is in the database that servers share, or else lines of the log.
/// </summary>
public sealed class AuditOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Audit";

    /// <summary>
    /// The age at which entries in the database are deleted. An entry has the client's address and the name of its key.
    /// </summary>
    /// <value>A time; 1 hour to 3650 days; default 90 days.</value>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(90);
}

[OptionsValidator]
internal sealed partial class AuditOptionsValidator : IValidateOptions<AuditOptions>;
