namespace ModelService.Models.Errors;

/// <summary>
/// The only exception whose text is sent to clients. Any other exception that reaches the API is a bug of the server.
/// </summary>
public class ServingException : Exception
{
    /// <summary>Creates an error that one sentence describes.</summary>
    /// <param name="code">The code of the error.</param>
    /// <param name="detail">A sentence for the client: what was found, and what is expected.</param>
    /// <param name="innerException">The cause, for the log only.</param>
    public ServingException(ErrorCode code, string detail, Exception? innerException = null)
        : this(code, detail, [], innerException) { }

    /// <summary>Creates an error that lists several errors, each with its location.</summary>
    /// <param name="code">The code of the error.</param>
    /// <param name="detail">A sentence for the client that sums up the errors.</param>
    /// <param name="errors">Every error with its location.</param>
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

    /// <summary>Creates a <see cref="ErrorCode.MalformedRequest"/> for one location of the body.</summary>
    /// <param name="pointer">JSON Pointer to the location.</param>
    /// <param name="detail">A sentence: what was found there, and what is expected.</param>
    public static ServingException MalformedAt(string pointer, string detail) =>
        new(ErrorCode.MalformedRequest, $"At {pointer}: {detail}", [new ErrorDetail(pointer, detail)]);

    /// <summary>The code of the error.</summary>
    public ErrorCode Code { get; }

    /// <summary>Every error with its location; empty when the message alone describes the error.</summary>
    public IReadOnlyList<ErrorDetail> Errors { get; }
}
