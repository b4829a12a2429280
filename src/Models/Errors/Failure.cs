namespace ModelService.Models.Errors;

/// <summary>Why something was not done, as a value: what is refused often must cost little, and an exception costs much.</summary>
/// <param name="Code">The error's code.</param>
/// <param name="Detail">A sentence for the client: what was found, what would fit.</param>
public sealed record Failure(ErrorCode Code, string Detail)
{
    /// <summary>With <see cref="ErrorCode.Overloaded"/>: when another try is likely to succeed; null when that is not known.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
