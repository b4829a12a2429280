using System.Net;

namespace ModelService.Client;

/// <summary>The server refused a request, or failed.</summary>
public sealed class ModelServiceException : Exception
{
    internal ModelServiceException(
        HttpStatusCode status,
        string code,
        string detail,
        ErrorResponse? error = null,
        TimeSpan? retryAfter = null,
        Exception? innerException = null
    )
        : base($"{code}: {detail}", innerException) =>
        (Status, Code, Detail, Error, RetryAfter) = (status, code, detail, error, retryAfter);

    /// <summary>The HTTP status. Over gRPC, the one that corresponds to the call's status.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>
    /// The kind of error, such as <c>model_not_found</c>. Codes never change. Empty where another server gave none.
    /// </summary>
    public string Code { get; }

    /// <summary>What was found, and what was expected.</summary>
    public string Detail { get; }

    /// <summary>All that the server said; null where it did not use the API's form of errors.</summary>
    public ErrorResponse? Error { get; }

    /// <summary>The time after which another attempt is likely to succeed; null: the server does not say.</summary>
    public TimeSpan? RetryAfter { get; }
}
