using Microsoft.AspNetCore.Mvc;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>Answers a query parameter that can't be read.</summary>
internal static class InvalidQuery
{
    /// <summary>The answer: 400 with each parameter that is wrong.</summary>
    public static IActionResult Answer(ActionContext context)
    {
        var errors = context.ModelState
            .SelectMany(entry => entry.Value!.Errors.Select(error => new ErrorDetail("?" + entry.Key, error.ErrorMessage)))
            .ToList();
        var error = ErrorTable.Describe(context.HttpContext, ErrorCode.MalformedRequest, $"Query parameter {errors[0].Pointer[1..]}: {errors[0].Detail}", errors);
        return new Result(error);
    }

    // [Produces] would give an ObjectResult the content type of a success.
    private sealed class Result(ErrorResponse error) : IActionResult
    {
        public Task ExecuteResultAsync(ActionContext context) => ErrorTable.WriteAsync(context.HttpContext, error);
    }
}
