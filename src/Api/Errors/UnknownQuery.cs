using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>
/// Refuses query parameters that the operation does not have: a misspelt one would otherwise have no effect, and nobody
/// would notice.
/// </summary>
internal sealed class UnknownQuery : IActionFilter
{
    public void OnActionExecuting(ActionExecutingContext context)
    {
        var known = context
            .ActionDescriptor.Parameters.Where(parameter => parameter.BindingInfo?.BindingSource == BindingSource.Query)
            .Select(parameter => parameter.BindingInfo!.BinderModelName ?? parameter.Name)
            .ToList();
        var errors = context
            .HttpContext.Request.Query.Keys.Where(key => !known.Contains(key, StringComparer.OrdinalIgnoreCase))
            .Select(key => new ErrorDetail("?" + Suggestions.Shorten(key), Describe(key, known)))
            .ToList();
        if (errors.Count > 0)
        {
            context.Result = new FailureResult(
                new Failure(ErrorCode.MalformedRequest, errors[0].Detail) { Errors = errors }
            );
        }
    }

    public void OnActionExecuted(ActionExecutedContext context) { }

    private static string Describe(string key, List<string> known) =>
        $"This operation has no query parameter '{Suggestions.Shorten(key)}'"
        + (
            Suggestions.Nearest(key, known) is { } nearest ? $"; did you mean '{nearest}'?"
            : known.Count > 0 ? $". It has {string.Join(", ", known)}."
            : "."
        );
}
