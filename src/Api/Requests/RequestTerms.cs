using System.Diagnostics;
using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using ModelService.Models.Scheduling;

namespace ModelService.Api.Requests;

/// <summary>The priority and the timeout that a request sets in its headers, and what names its caller.</summary>
internal sealed class RequestTerms
{
    /// <summary>Header for the priority: <c>high</c>, <c>normal</c> or <c>low</c>.</summary>
    public const string PriorityHeader = "X-Priority";

    /// <summary>Header for the timeout: the number of milliseconds within which the answer is needed.</summary>
    public const string TimeoutHeader = "X-Request-Timeout-Ms";

    /// <summary>Header for what names the caller, where one key serves many callers.</summary>
    public const string ClientHeader = "X-Client";

    private readonly long start = Stopwatch.GetTimestamp();
    private readonly Priority priority;
    private readonly TimeSpan? timeout;
    private readonly TimeSpan? limit;

    private readonly string? client;

    private RequestTerms(Priority priority, TimeSpan? timeout, TimeSpan? limit, string? client) =>
        (this.priority, this.timeout, this.limit, this.client) = (priority, timeout, limit, client);

    /// <summary>Reads the headers. The timeout starts now.</summary>
    /// <param name="request">The request.</param>
    /// <param name="limit">The time until a deadline that no other timeout exceeds; null: there is none.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>: a header can't be read.</exception>
    public static RequestTerms From(HttpRequest request, TimeSpan? limit = null) =>
        new(
            ParsePriority(request.Headers[PriorityHeader]),
            ParseTimeout(request.Headers[TimeoutHeader]),
            limit,
            FindClient(request)
        );

    /// <summary>Returns the terms with the time that is left of the timeout.</summary>
    /// <param name="otherPriority">A priority of the body, which precedes the header.</param>
    /// <param name="otherTimeout">A timeout of the body, which precedes the header.</param>
    public PredictionTerms ToPredictionTerms(Priority? otherPriority = null, TimeSpan? otherTimeout = null)
    {
        var first = otherTimeout ?? timeout;
        if (first is null || limit < first)
            first = limit;
        return new PredictionTerms(otherPriority ?? priority, first - Stopwatch.GetElapsedTime(start), client);
    }

    // The header, or the name of the key. A key of that name is on every server, whatever the key itself is.
    private static string? FindClient(HttpRequest request) =>
        request.Headers[ClientHeader].ToString() is { Length: > 0 } named
            ? named
            : request.HttpContext.User.Identity?.Name;

    private static Priority ParsePriority(string? value) =>
        value?.ToLowerInvariant() switch
        {
            null => Priority.Normal,
            "high" => Priority.High,
            "normal" => Priority.Normal,
            "low" => Priority.Low,
            _ => throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The header {PriorityHeader} must be 'high', 'normal' or 'low', not '{value}'."
            ),
        };

    private static TimeSpan? ParseTimeout(string? value)
    {
        if (value is null)
            return null;
        return
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds > 0
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The header {TimeoutHeader} must be a whole number of milliseconds from 1 to {int.MaxValue}, "
                    + $"not '{value}'."
            );
    }
}
