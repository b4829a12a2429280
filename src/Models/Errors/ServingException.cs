namespace ModelService.Models.Errors;

/// <summary>The one exception whose text a client may see. Anything else that escapes is a bug of ours.</summary>
public class ServingException : Exception
{
    /// <summary>An error with one sentence.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="detail">A sentence for the client: what was found, what would fit.</param>
    /// <param name="innerException">The cause, for the log only.</param>
    public ServingException(ErrorCode code, string detail, Exception? innerException = null)
        : this(code, detail, [], innerException) { }

    /// <summary>An error made of several, each with its place.</summary>
    /// <param name="code">What went wrong.</param>
    /// <param name="detail">The sum of it in one sentence.</param>
    /// <param name="errors">Every single error.</param>
    /// <param name="innerException">The cause, for the log only.</param>
    public ServingException(
        ErrorCode code,
        string detail,
        IReadOnlyList<ErrorDetail> errors,
        Exception? innerException = null
    )
        : base(detail, innerException)
    {
        Code = code;
        Errors = errors;
    }

    /// <summary>An error at one place of the body.</summary>
    /// <param name="pointer">JSON Pointer to it.</param>
    /// <param name="detail">What was found there, and what would fit.</param>
    public static ServingException MalformedAt(string pointer, string detail) =>
        new(ErrorCode.MalformedRequest, $"At {pointer}: {detail}", [new ErrorDetail(pointer, detail)]);

    /// <summary>What went wrong.</summary>
    public ErrorCode Code { get; }

    /// <summary>Every single error with its place; empty when the message says it all.</summary>
    public IReadOnlyList<ErrorDetail> Errors { get; }
}
