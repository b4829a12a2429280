using Microsoft.AspNetCore.Mvc;

namespace ModelService.Api.Errors;

/// <summary>
/// An error as the result of an action. It is used for frequent errors, because an exception costs more.
/// </summary>
/// <remarks>
/// An <see cref="ObjectResult"/> would get the content type of a success from <see cref="ProducesAttribute"/>.
/// </remarks>
/// <param name="error">The error.</param>
/// <param name="retryAfter">The time after which a retry is likely to succeed; null when it is not known.</param>
internal sealed class ErrorResult(ErrorResponse error, TimeSpan? retryAfter = null) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) =>
        ErrorTable.WriteAsync(context.HttpContext, error, retryAfter);
}
