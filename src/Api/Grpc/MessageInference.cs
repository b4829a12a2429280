using Grpc.Core;
using Microsoft.Extensions.Options;
using ModelService.Api.OpenInference;
using ModelService.Api.Requests;
using ModelService.Models.Errors;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>Answers the requests of calls: each is a message, and another server may answer it.</summary>
internal sealed class MessageInference(
    Inference inference,
    CallForwarder forwarder,
    IOptions<LimitsOptions> limits,
    TimeProvider clock
)
{
    /// <summary>Answers a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="context">The call.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <returns>The answer, or why there is none.</returns>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>: the message or the headers of the call can't be read.
    /// </exception>
    public async Task<Outcome<ModelInferResponse>> InferAsync(
        ModelInferRequest request,
        ServerCallContext context,
        CancellationToken cancellationToken
    )
    {
        if (await forwarder.SendAsync(request, context, cancellationToken) is { } answer)
            return answer;
        TimeSpan? timeLeft =
            context.Deadline == DateTime.MaxValue ? null : context.Deadline - clock.GetUtcNow().UtcDateTime;
        var inferred = await inference.InferAsync(
            request.ModelName,
            request.ModelVersion,
            InferMessages.Read(request, limits.Value.MaxInputs),
            RequestTerms.From(context.GetHttpContext().Request, timeLeft),
            cancellationToken
        );
        return inferred.Then(InferMessages.Write);
    }
}
