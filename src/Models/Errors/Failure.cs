namespace ModelService.Models.Errors;

/// <summary>
/// Why something was not done, as a value. Services return it in an <see cref="Outcome{T}"/>; code that reads files or
/// definitions throws it in a <see cref="ServingException"/>, which the services catch.
/// </summary>
/// <param name="Code">The code of the error.</param>
/// <param name="Detail">A sentence for the client: what was found, and what is expected.</param>
public record Failure(ErrorCode Code, string Detail)
{
    /// <summary>Every error with its location; empty when the detail alone describes the failure.</summary>
    public IReadOnlyList<ErrorDetail> Errors { get; init; } = [];

    /// <summary>
    /// The time after which another attempt is likely to succeed; null when unknown, infinite when none will.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
