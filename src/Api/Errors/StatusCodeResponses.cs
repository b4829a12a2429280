using Microsoft.AspNetCore.Diagnostics;
using ModelService.Api.Grpc;
using ModelService.Api.Requests;
using ModelService.Models.Errors;

namespace ModelService.Api.Errors;

/// <summary>Writes bodies for error answers of the framework, which have only a status.</summary>
internal static class StatusCodeResponses
{
    /// <summary>Writes the error for the status of the answer.</summary>
    public static Task WriteAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        var path = http.Request.PathBase + http.Request.Path;
        var error = http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound when GrpcError.Applies(http) => ErrorTable.Describe(
                http,
                ErrorCode.MethodNotAllowed,
                $"There is no call {path}."
            ),
            StatusCodes.Status404NotFound => ErrorTable.Describe(
                http,
                ErrorCode.NotFound,
                $"There is no resource at {path}. {http.Request.PathBase}/swagger lists the resources."
            ),
            StatusCodes.Status405MethodNotAllowed => ErrorTable.Describe(
                http,
                ErrorCode.MethodNotAllowed,
                $"{http.Request.Method} is not allowed for {path}. Allowed: {http.Response.Headers.Allow}."
            ),
            StatusCodes.Status415UnsupportedMediaType => ErrorTable.Describe(
                http,
                ErrorCode.UnsupportedMediaType,
                RequestBody.DescribeType(http.Request)
            ),
            StatusCodes.Status504GatewayTimeout => ErrorTable.Describe(
                http,
                ErrorCode.DeadlineExceeded,
                "The request exceeded the time limit for requests."
            ),
            _ => null,
        };
        return error is null ? Task.CompletedTask : ErrorTable.WriteAsync(http, error);
    }
}
