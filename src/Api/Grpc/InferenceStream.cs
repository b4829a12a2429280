using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using ModelService.Models.Errors;
using ModelService.Protocol;

namespace ModelService.Api.Grpc;

/// <summary>
/// The call that has many requests. Some are computed at once, and the answers come in the order of the requests. A
/// request that fails has its error in its answer, and the others go on.
/// </summary>
internal sealed class InferenceStream(
    MessageInference messages,
    IOptions<LimitsOptions> limits,
    IOptions<RateLimiterOptions> rates
)
{
    // Requests of one call that are computed at once: enough to fill a batch.
    private const int Ahead = 8;

    /// <summary>Answers the requests of a call.</summary>
    /// <param name="requests">The requests.</param>
    /// <param name="answers">Takes the answers.</param>
    /// <param name="context">The call.</param>
    public async Task RunAsync(
        IAsyncStreamReader<ModelInferRequest> requests,
        IServerStreamWriter<ModelStreamInferResponse> answers,
        ServerCallContext context
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var running = Channel.CreateBounded<Task<ModelStreamInferResponse>>(Ahead);
        var reading = ReadAsync(requests, running.Writer, context, stop.Token);
        try
        {
            await foreach (var answer in running.Reader.ReadAllAsync(stop.Token))
                await answers.WriteAsync(await answer);
        }
        finally
        {
            // Nothing runs on behind the call, whose memory is given back.
            await stop.CancelAsync();
            await reading;
            while (running.Reader.TryRead(out var left))
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(
        IAsyncStreamReader<ModelInferRequest> requests,
        ChannelWriter<Task<ModelStreamInferResponse>> running,
        ServerCallContext context,
        CancellationToken cancellationToken
    )
    {
        var http = context.GetHttpContext();
        try
        {
            var isFirst = true;
            while (await NextAsync(requests, cancellationToken) && await running.WaitToWriteAsync(cancellationToken))
            {
                running.TryWrite(AnswerAsync(requests.Current, context, http, isFirst, cancellationToken));
                isFirst = false;
            }

            running.Complete();
        }
        catch (Exception exception)
        {
            running.Complete(exception);
        }
    }

    // A client that is silent for as long as a request may take has gone.
    private async Task<bool> NextAsync(
        IAsyncStreamReader<ModelInferRequest> requests,
        CancellationToken cancellationToken
    )
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        silence.CancelAfter(limits.Value.RequestTimeout);
        try
        {
            return await requests.MoveNext(silence.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ServingException(
                ErrorCode.DeadlineExceeded,
                $"No request has come for {limits.Value.RequestTimeout.TotalSeconds:0} seconds."
            );
        }
    }

    private async Task<ModelStreamInferResponse> AnswerAsync(
        ModelInferRequest request,
        ServerCallContext context,
        HttpContext http,
        bool isFirst,
        CancellationToken cancellationToken
    )
    {
        var body = http.Features.GetRequiredFeature<MessageStream>();
        var bytes = body.TakeNote();
        try
        {
            var answer = await InferAsync(request, context, http, isFirst, cancellationToken);
            if (answer.TryGet(out var response, out var failure))
                return new ModelStreamInferResponse { InferResponse = response };
            return new ModelStreamInferResponse
            {
                ErrorMessage = failure.Detail,
                InferResponse = new ModelInferResponse
                {
                    ModelName = request.ModelName,
                    ModelVersion = request.ModelVersion,
                    Id = request.Id,
                },
            };
        }
        finally
        {
            body.Release(bytes);
        }
    }

    private async Task<Outcome<ModelInferResponse>> InferAsync(
        ModelInferRequest request,
        ServerCallContext context,
        HttpContext http,
        bool isFirst,
        CancellationToken cancellationToken
    )
    {
        // The call itself counts as its first request.
        using var lease = isFirst ? null : rates.Value.GlobalLimiter?.AttemptAcquire(http);
        if (lease is { IsAcquired: false })
            return new Failure(ErrorCode.RateLimited, "Too many requests within a minute. Try again later.");
        try
        {
            return await messages.InferAsync(request, context, cancellationToken);
        }
        catch (ServingException exception)
        {
            return exception.Failure;
        }
    }
}
