using Microsoft.AspNetCore.Diagnostics;
using ModelService.Api.Contracts;
using ModelService.Models.Errors;
using ModelService.Models.Language.Reading;
using ModelService.Models.Weights;

namespace ModelService.Api.Errors;

/// <summary>Turns what is thrown into an answer: our own errors by their code, everything else into a 500 that leaks nothing.</summary>
/// <param name="logger">Told of bugs.</param>
internal sealed partial class ServingExceptionHandler(ILogger<ServingExceptionHandler> logger) : IExceptionHandler
{
    // The client closed the connection; nginx's number, for the log only.
    private const int ClientClosedRequest = 499;

    public async ValueTask<bool> TryHandleAsync(
        HttpContext httpContext,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            httpContext.Response.StatusCode = ClientClosedRequest;
            return true;
        }

        var error = exception switch
        {
            ServingException known => ErrorTable.Describe(httpContext, known.Code, known.Message, known.Errors) with
            {
                Report = (known as WeightsMismatchException)?.Report,
                Layers = (known as InvalidDefinitionException)
                    ?.Analysis?.AllLayers.Select(LayerAnalysisResponse.Create)
                    .ToList(),
            },
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => ErrorTable.Describe(
                httpContext,
                ErrorCode.BodyTooLarge,
                "The body is too large."
            ),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } slow => ErrorTable.Describe(
                httpContext,
                ErrorCode.RequestTimeout,
                slow.Message
            ),
            BadHttpRequestException bad => ErrorTable.Describe(httpContext, ErrorCode.MalformedRequest, bad.Message),
            _ => ErrorTable.Describe(
                httpContext,
                StatusCodes.Status500InternalServerError,
                ErrorTable.Internal,
                "Something went wrong in the server. The log has it under this trace_id."
            ),
        };
        if (error.Status == StatusCodes.Status500InternalServerError)
            LogBug(exception, error.TraceId);
        await ErrorTable.WriteAsync(httpContext, error);
        return true;
    }

    [LoggerMessage(LogLevel.Error, "A bug: an exception that no one expected, trace {TraceId}")]
    private partial void LogBug(Exception exception, string traceId);
}
