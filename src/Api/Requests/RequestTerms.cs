using System.Diagnostics;
using System.Globalization;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using ModelService.Models.Scheduling;

namespace ModelService.Api.Requests;

/// <summary>On what terms a request wants to be served, as its headers say.</summary>
internal sealed class RequestTerms
{
    /// <summary>Header with the priority: <c>high</c>, <c>normal</c> or <c>low</c>.</summary>
    public const string PriorityHeader = "X-Priority";

    /// <summary>Header with the milliseconds that the answer may take.</summary>
    public const string TimeoutHeader = "X-Request-Timeout-Ms";

    private readonly long began = Stopwatch.GetTimestamp();
    private readonly Priority priority;
    private readonly TimeSpan? timeout;

    private RequestTerms(Priority priority, TimeSpan? timeout) => (this.priority, this.timeout) = (priority, timeout);

    /// <summary>Reads the headers; the time runs from now on.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>: one of them can't be read.</exception>
    public static RequestTerms From(HttpRequest request) =>
        new(PriorityOf(request.Headers[PriorityHeader]), TimeoutOf(request.Headers[TimeoutHeader]));

    /// <summary>The terms, less the time that has passed.</summary>
    public PredictionTerms Now() => new(priority, timeout - Stopwatch.GetElapsedTime(began));

    private static Priority PriorityOf(string? value) =>
        value?.ToLowerInvariant() switch
        {
            null => Priority.Normal,
            "high" => Priority.High,
            "normal" => Priority.Normal,
            "low" => Priority.Low,
            _ => throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The header {PriorityHeader} is 'high', 'normal' or 'low', not '{value}'."
            ),
        };

    private static TimeSpan? TimeoutOf(string? value)
    {
        if (value is null)
            return null;
        return
            int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds > 0
            ? TimeSpan.FromMilliseconds(milliseconds)
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"The header {TimeoutHeader} is a whole number of milliseconds from 1 to {int.MaxValue}, not '{value}'."
            );
    }
}
