using Microsoft.AspNetCore.Diagnostics;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>Gives a body to what the framework refuses by itself with a bare status.</summary>
internal static class StatusCodeResponses
{
    /// <summary>Writes the error that belongs to the status.</summary>
    public static Task AnswerAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        var path = http.Request.Path;
        var error = http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => ErrorTable.Describe(
                http,
                ErrorCode.NotFound,
                $"There is nothing at {path}. /swagger shows what there is."
            ),
            StatusCodes.Status405MethodNotAllowed => ErrorTable.Describe(
                http,
                ErrorCode.MethodNotAllowed,
                $"{http.Request.Method} is not for {path}; {http.Response.Headers.Allow} is."
            ),
            StatusCodes.Status415UnsupportedMediaType => ErrorTable.Describe(
                http,
                ErrorCode.UnsupportedMediaType,
                $"Content-Type '{http.Request.ContentType}' is not read here."
            ),
            StatusCodes.Status504GatewayTimeout => ErrorTable.Describe(
                http,
                ErrorCode.DeadlineExceeded,
                "The request took longer than a request may take here."
            ),
            _ => null,
        };
        return error is null ? Task.CompletedTask : ErrorTable.WriteAsync(http, error);
    }
}
