using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Runs;
using ModelService.Models.Training;
using ModelService.Models.Training.Runs;

namespace ModelService.Api.Controllers;

/// <summary>Trains models with the labelled images of data sets.</summary>
[ApiController]
[Produces("application/json")]
public sealed class TrainingsController(
    TrainingCatalog catalog,
    IOptions<LimitsOptions> limits,
    IHostApplicationLifetime lifetime,
    TimeProvider clock
) : ControllerBase
{
    // Proxies close connections on which nothing is sent.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Trains a model with a data set, in the background.</summary>
    /// <remarks>
    /// The result is a new version of the model; a model that does not exist yet is made. By default, the training
    /// begins with the model's default version, or for a new model with the pretrained base; fits the head; and then
    /// trains more layers while time is left and it helps.
    ///
    /// A training runs in a process of its own that uses the cores which predictions leave. It goes on after a restart
    /// of the server. Images, network and weights are those of the moment of this request.
    /// </remarks>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="202">The training, which waits or runs. Location holds its address.</response>
    [HttpPost("v1/models/{name}/trainings", Name = "startTraining")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    [ConsumesJson(typeof(TrainingDefinition), Examples.Training, Examples.TrainingFromScratch)]
    [ProducesResponseType<TrainingResponse>(StatusCodes.Status202Accepted)]
    [FailsWith(
        ErrorCode.DefinitionInvalid,
        ErrorCode.DatasetNotFound,
        ErrorCode.DatasetUnavailable,
        ErrorCode.DatasetUnsuitable,
        ErrorCode.LabelsUnknown,
        ErrorCode.ModelNotReady,
        ErrorCode.VersionNotFound,
        ErrorCode.WeightsUnreadable,
        ErrorCode.OutOfMemory,
        ErrorCode.Overloaded
    )]
    public async Task<ActionResult> Start(string name, CancellationToken cancellationToken)
    {
        if (!ModelReference.IsName(name))
        {
            return new FailureResult(
                new Failure(
                    ErrorCode.DefinitionInvalid,
                    $"The path names the model '{Suggestions.Shorten(name)}', which can't be a model's name: "
                        + ModelReference.NameMeaning
                )
            );
        }

        var json = await JsonBody.ReadAsync(Request, limits.Value, cancellationToken);
        var started = await catalog.StartAsync(name, json, cancellationToken);
        return started.ToActionResult(status =>
            AcceptedAtAction(nameof(Get), new { training = status.Run.Id }, new TrainingResponse(status))
        );
    }

    /// <summary>Lists the trainings of a model.</summary>
    /// <param name="name" example="pets">The model's name.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The trainings, the newest first.</response>
    [HttpGet("v1/models/{name}/trainings", Name = "listTrainingsOfModel")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<TrainingListResponse>> ListOfModel(
        string name,
        CancellationToken cancellationToken
    ) => (await catalog.ListAsync(name, cancellationToken)).ToResult(Describe);

    /// <summary>Lists all trainings.</summary>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The trainings, the newest first.</response>
    [HttpGet("v1/trainings", Name = "listTrainings")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<TrainingListResponse>> List(CancellationToken cancellationToken) =>
        (await catalog.ListAsync(null, cancellationToken)).ToResult(Describe);

    /// <summary>Returns a training: its state, how far it is, and its result.</summary>
    /// <param name="training" example="20261127-101500-3f2a">The training's id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The training.</response>
    [HttpGet("v1/trainings/{training}", Name = "getTraining")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.TrainingNotFound, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<TrainingResponse>> Get(string training, CancellationToken cancellationToken) =>
        (await catalog.FindAsync(training, cancellationToken)).ToResult(Describe);

    /// <summary>Follows a training: server-sent events until it ends.</summary>
    /// <remarks>
    /// The events are <c>phase</c>, <c>step</c>, <c>epoch</c>, <c>warning</c> and <c>end</c>, with JSON as their data.
    /// First come those that were. After a lost connection, <c>Last-Event-ID</c> says which of them are known already.
    /// </remarks>
    /// <param name="training" example="20261127-101500-3f2a">The training's id.</param>
    /// <param name="lastEventId">The id of the last event that the client knows.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The events.</response>
    [HttpGet("v1/trainings/{training}/events", Name = "followTraining")]
    [Authorize(Scopes.TrainOrManage)]
    [DisableRequestTimeout]
    [Produces("text/event-stream")]
    [FailsWith(ErrorCode.TrainingNotFound, ErrorCode.StorageUnavailable)]
    public async Task<IActionResult> Events(
        string training,
        [FromHeader(Name = "Last-Event-ID"), Range(0, long.MaxValue)] long lastEventId,
        CancellationToken cancellationToken
    )
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lifetime.ApplicationStopping
        );
        var read = await catalog.ReadEventsAsync(training, lastEventId, follow: true, end.Token);
        if (!read.TryGet(out var events, out var failure))
            return new FailureResult(failure);

        Response.ContentType = "text/event-stream";
        Response.Headers.CacheControl = "no-store";
        try
        {
            await WriteAsync(events, end.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The server stops. To its client, a stream that ended well would be a training that has ended.
            HttpContext.Abort();
        }

        return new EmptyResult();
    }

    /// <summary>Returns the course of a training: every epoch, and its steps.</summary>
    /// <param name="training" example="20261127-101500-3f2a">The training's id.</param>
    /// <param name="points">Most steps to return; all by default.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The course so far.</response>
    [HttpGet("v1/trainings/{training}/history", Name = "getTrainingHistory")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.TrainingNotFound, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<TrainingHistoryResponse>> History(
        string training,
        [FromQuery, Range(1, 100_000)] int? points,
        CancellationToken cancellationToken
    ) =>
        (await catalog.ReadEventsAsync(training, 0, follow: false, cancellationToken)).TryGet(
            out var events,
            out var failure
        )
            ? await TrainingHistoryResponse.CreateAsync(events, points)
            : new FailureResult(failure);

    /// <summary>Ends a training.</summary>
    /// <param name="training" example="20261127-101500-3f2a">The training's id.</param>
    /// <param name="keep">
    /// Whether the best weights so far become a version. The training then ends by itself after the step that it is in.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. The training ends all the same.</param>
    /// <response code="200">The training, in the state that it reached. One that had ended stays as it was.</response>
    [HttpPost("v1/trainings/{training}/cancel", Name = "cancelTraining")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    [FailsWith(ErrorCode.TrainingNotFound)]
    public async Task<ActionResult<TrainingResponse>> Cancel(
        string training,
        CancellationToken cancellationToken,
        [FromQuery] bool keep = false
    ) => (await catalog.CancelAsync(training, keep, cancellationToken)).ToResult(Describe);

    /// <summary>Forgets a training that has ended. The version that it made stays.</summary>
    /// <param name="training" example="20261127-101500-3f2a">The training's id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The training that was forgotten.</response>
    [HttpDelete("v1/trainings/{training}", Name = "deleteTraining")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    [FailsWith(ErrorCode.TrainingNotFound, ErrorCode.TrainingConflict)]
    public async Task<ActionResult<TrainingResponse>> Delete(string training, CancellationToken cancellationToken) =>
        (await catalog.RemoveAsync(training, cancellationToken)).ToResult(Describe);

    private static TrainingResponse Describe(RunStatus<TrainingRun> status) => new(status);

    private static TrainingListResponse Describe(IReadOnlyList<RunStatus<TrainingRun>> trainings) =>
        new([.. trainings.Select(Describe)]);

    private async Task WriteAsync(IAsyncEnumerable<JsonElement> events, CancellationToken cancellationToken)
    {
        await Response.StartAsync(cancellationToken);
        await using var reader = events.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var next = reader.MoveNextAsync().AsTask();
            while (await Task.WhenAny(next, Task.Delay(Silence, clock, cancellationToken)) != next)
            {
                if (cancellationToken.IsCancellationRequested)
                    break; // and then the wait for the next event ends, too
                await SendAsync(": the training goes on\n\n");
            }

            if (!await next)
                return;
            var item = reader.Current;
            await SendAsync($"id: {item.GetProperty("id")}\nevent: {item.GetProperty("event")}\ndata: {item}\n\n");
        }

        async Task SendAsync(string text)
        {
            await Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
            await Response.Body.FlushAsync(cancellationToken);
        }
    }
}
