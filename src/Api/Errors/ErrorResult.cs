using Microsoft.AspNetCore.Mvc;

namespace ModelService.Api.Errors;

/// <summary>An error as an action's result: for those that are part of the day's work and are to cost little. <c>[Produces]</c> would give an ObjectResult the content type of a success.</summary>
/// <param name="error">The error.</param>
/// <param name="retryAfter">When another try is likely to succeed; null when that is not known.</param>
internal sealed class ErrorResult(ErrorResponse error, TimeSpan? retryAfter = null) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) =>
        ErrorTable.WriteAsync(context.HttpContext, error, retryAfter);
}
