namespace ModelService.Models.Errors;

/// <summary>
/// An error as a value instead of an exception. Used where requests are rejected often, because an exception is
/// expensive.
/// </summary>
/// <param name="Code">The code of the error.</param>
/// <param name="Detail">A sentence for the client: what was found, and what is expected.</param>
public sealed record Failure(ErrorCode Code, string Detail)
{
    /// <summary>
    /// With <see cref="ErrorCode.Overloaded"/>: the time after which another attempt is likely to succeed; null when
    /// unknown.
    /// </summary>
    public TimeSpan? RetryAfter { get; init; }
}
