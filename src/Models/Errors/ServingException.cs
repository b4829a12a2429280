namespace ModelService.Models.Errors;

/// <summary>
/// A failure that is thrown from the depth of a reader or of a build, up to the service that returns it. Any other
/// exception is a bug of the server.
/// </summary>
public sealed class ServingException : Exception
{
    /// <summary>Throws a failure.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="innerException">The cause, for the log only.</param>
    public ServingException(Failure failure, Exception? innerException = null)
        : base(failure.Detail, innerException) => Failure = failure;

    /// <summary>Throws a failure that one sentence describes.</summary>
    /// <param name="code">The code of the error.</param>
    /// <param name="detail">A sentence for the client: what was found, and what is expected.</param>
    /// <param name="innerException">The cause, for the log only.</param>
    public ServingException(ErrorCode code, string detail, Exception? innerException = null)
        : this(new Failure(code, detail), innerException) { }

    /// <summary>Throws a failure that lists several errors, each with its location.</summary>
    /// <param name="code">The code of the error.</param>
    /// <param name="detail">A sentence for the client that sums up the errors.</param>
    /// <param name="errors">Every error with its location.</param>
    public ServingException(ErrorCode code, string detail, IReadOnlyList<ErrorDetail> errors)
        : this(new Failure(code, detail) { Errors = errors }) { }

    /// <summary>Creates a <see cref="ErrorCode.MalformedRequest"/> for one location of the body.</summary>
    /// <param name="pointer">JSON Pointer to the location.</param>
    /// <param name="detail">A sentence: what was found there, and what is expected.</param>
    public static ServingException MalformedAt(string pointer, string detail) =>
        new(ErrorCode.MalformedRequest, $"At {pointer}: {detail}", [new ErrorDetail(pointer, detail)]);

    /// <summary>The failure.</summary>
    public Failure Failure { get; }

    /// <summary>The code of the error.</summary>
    public ErrorCode Code => Failure.Code;

    /// <summary>Every error with its location; empty when the message alone describes the error.</summary>
    public IReadOnlyList<ErrorDetail> Errors => Failure.Errors;
}
