using Microsoft.AspNetCore.Mvc;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>A failure as the result of an action.</summary>
/// <remarks>
/// An <see cref="ObjectResult"/> would get the content type of a success from <see cref="ProducesAttribute"/>.
/// </remarks>
/// <param name="failure">The failure.</param>
internal sealed class FailureResult(Failure failure) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) =>
        ErrorTable.WriteAsync(
            context.HttpContext,
            ErrorTable.Describe(context.HttpContext, failure),
            failure.RetryAfter
        );
}

/// <summary>Turns what a service returns into the result of an action.</summary>
internal static class OutcomeResults
{
    /// <summary>The answer with a value's representation, or with the failure.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="represent">Creates the value's representation in JSON.</param>
    public static ActionResult<TResponse> ToResult<T, TResponse>(this Outcome<T> outcome, Func<T, TResponse> represent)
        where T : class =>
        outcome.TryGet(out var value, out var failure) ? represent(value) : new FailureResult(failure);

    /// <summary>The result that a value asks for, or the answer with the failure.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <param name="result">Creates the result for the value.</param>
    public static ActionResult ToActionResult<T>(this Outcome<T> outcome, Func<T, ActionResult> result)
        where T : class => outcome.TryGet(out var value, out var failure) ? result(value) : new FailureResult(failure);
}
