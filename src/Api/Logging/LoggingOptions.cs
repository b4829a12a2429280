using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ModelService.Api.Logging;

/// <summary>
/// The log, which the server writes to its console. Levels are Serilog settings, such as
/// <c>Serilog:MinimumLevel:Default</c>.
/// </summary>
public sealed class LoggingOptions
{
    /// <summary>Configuration section bound to these options.</summary>
    public const string Section = "ModelService:Logging";

    /// <summary>
    /// The format of a line: a JSON object with trace and span ids, for programs, or text, for people.
    /// </summary>
    /// <value><c>json</c> or <c>text</c>; default <c>json</c>, in Development <c>text</c>.</value>
    [AllowedValues("json", "text", null)]
    public string? Format { get; init; }
}

[OptionsValidator]
internal sealed partial class LoggingOptionsValidator : IValidateOptions<LoggingOptions>;
