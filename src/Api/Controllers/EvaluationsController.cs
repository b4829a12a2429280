using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Runs;

namespace ModelService.Api.Controllers;

/// <summary>Measures versions on the labelled images of data sets.</summary>
[ApiController]
[Route("v1/models/{name}/versions/{version:int}/evaluations")]
[Produces("application/json")]
public sealed class EvaluationsController(EvaluationCatalog catalog, IOptions<LimitsOptions> limits) : ControllerBase
{
    // The page stands alone: it has no script, and its pictures are in it.
    private const string ReportPolicy =
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'; sandbox";

    /// <summary>Evaluates a version on a data set, in the background.</summary>
    /// <remarks>
    /// Every image is scored as a prediction is, at low priority: predictions go first. One evaluation runs at a time,
    /// and others wait. The labels of the images are matched with the model's labels by their text; a model without
    /// labels has its class indices as labels, such as <c>0</c>.
    ///
    /// An evaluation stays: it goes on after a restart of the server, and its figures, its report and the scores are
    /// kept when the images are deleted. It goes with its version.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="202">The evaluation, which waits or runs. Location holds its address.</response>
    [HttpPost(Name = "startEvaluation")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    [ConsumesJson(typeof(EvaluationBody), Examples.TestSplit)]
    [ProducesResponseType<EvaluationResponse>(StatusCodes.Status202Accepted)]
    [FailsWith(
        ErrorCode.DatasetNotFound,
        ErrorCode.DatasetUnavailable,
        ErrorCode.DatasetTooLarge,
        ErrorCode.SplitEmpty,
        ErrorCode.LabelsUnknown,
        ErrorCode.InputMismatch
    )]
    public async Task<ActionResult> Start(string name, int version, CancellationToken cancellationToken)
    {
        var request = EvaluationBody.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        var started = await catalog.StartAsync(name, version, request);
        return started.ToActionResult(evaluation =>
            AcceptedAtAction(
                nameof(Get),
                new
                {
                    name,
                    version,
                    evaluation = evaluation.Record.Id,
                },
                EvaluationResponse.Create(evaluation)
            )
        );
    }

    /// <summary>Lists the evaluations of a version.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <response code="200">The evaluations, the newest first.</response>
    [HttpGet(Name = "listEvaluations")]
    [Authorize(Scopes.TrainOrManage)]
    public ActionResult<EvaluationListResponse> List(string name, int version) =>
        catalog
            .List(name, version)
            .ToResult(evaluations => new EvaluationListResponse(
                name,
                version,
                [.. evaluations.Select(EvaluationResponse.Create)]
            ));

    /// <summary>Returns an evaluation: its state, and what it found.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <response code="200">The evaluation.</response>
    [HttpGet("{evaluation}", Name = "getEvaluation")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<EvaluationResponse>> Get(string name, int version, string evaluation) =>
        (await catalog.ReadAsync(name, version, evaluation)).ToResult(EvaluationResponse.Create);

    /// <summary>Cancels an evaluation.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <response code="200">
    /// The evaluation, in the state that it reached. One that had ended stays as it was.
    /// </response>
    [HttpPost("{evaluation}/cancel", Name = "cancelEvaluation")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    public async Task<ActionResult<EvaluationResponse>> Cancel(string name, int version, string evaluation) =>
        (await catalog.CancelAsync(name, version, evaluation)).ToResult(EvaluationResponse.Create);

    /// <summary>Deletes an evaluation with its report. One that runs is cancelled.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <response code="200">The evaluation that was deleted.</response>
    [HttpDelete("{evaluation}", Name = "deleteEvaluation")]
    [ChangesModels]
    [Authorize(Scopes.Train)]
    public async Task<ActionResult<EvaluationResponse>> Delete(string name, int version, string evaluation) =>
        (await catalog.RemoveAsync(name, version, evaluation)).ToResult(EvaluationResponse.Create);

    /// <summary>Lists the images of an evaluation, such as those of one cell of the confusion matrix.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <param name="label">Only images with this label.</param>
    /// <param name="predicted">Only images that the model takes for this class.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor"><c>next_cursor</c> of the page before.</param>
    /// <response code="200">A page of images.</response>
    [HttpGet("{evaluation}/images", Name = "listEvaluatedImages")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.EvaluationConflict, ErrorCode.LabelInvalid, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<EvaluationImagesResponse>> Images(
        string name,
        int version,
        string evaluation,
        [FromQuery] string? label = null,
        [FromQuery] string? predicted = null,
        [FromQuery, Range(1, 1000)] int limit = 100,
        [FromQuery, Range(0, int.MaxValue)] int cursor = 0
    ) =>
        (await catalog.ReadImagesAsync(name, version, evaluation, label, predicted)).ToResult(found =>
            EvaluationImagesResponse.Create(found, cursor, limit)
        );

    /// <summary>Returns the report of an evaluation: one HTML file, which opens without the server.</summary>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <response code="200">The report.</response>
    [HttpGet("{evaluation}/report", Name = "getEvaluationReport")]
    [Authorize(Scopes.TrainOrManage)]
    [Produces("text/html")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK)]
    [FailsWith(ErrorCode.EvaluationConflict, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult> Report(string name, int version, string evaluation) =>
        (await catalog.OpenReportAsync(name, version, evaluation)).ToActionResult(report =>
        {
            HttpContext.Items[PageHeaders.Policy] = ReportPolicy;
            return File(report, "text/html; charset=utf-8");
        });

    /// <summary>Compares two versions on the same images, image by image.</summary>
    /// <remarks>
    /// Both evaluations are of the same revision and split of a data set. McNemar's test says whether the versions
    /// differ by more than chance.
    /// </remarks>
    /// <param name="name" example="lesson">The model's name.</param>
    /// <param name="version" example="1">The version's number.</param>
    /// <param name="evaluation" example="0f3a52c1b7de">The evaluation's id.</param>
    /// <param name="with">
    /// The id of another evaluation; or a version such as <c>lesson@2</c>, whose newest evaluation on these images
    /// counts.
    /// </param>
    /// <param name="right">Which version is right about the images to list.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor"><c>next_cursor</c> of the page before.</param>
    /// <response code="200">The comparison, with a page of images.</response>
    [HttpGet("{evaluation}/comparison", Name = "compareEvaluations")]
    [Authorize(Scopes.TrainOrManage)]
    [FailsWith(ErrorCode.EvaluationConflict, ErrorCode.StorageUnavailable)]
    public async Task<ActionResult<EvaluationComparisonResponse>> Compare(
        string name,
        int version,
        string evaluation,
        [FromQuery, Required] string with,
        [FromQuery] RightVersions right = RightVersions.Second,
        [FromQuery, Range(1, 1000)] int limit = 100,
        [FromQuery, Range(0, int.MaxValue)] int cursor = 0
    ) =>
        (await catalog.CompareAsync(name, version, evaluation, with)).ToResult(found =>
            EvaluationComparisonResponse.Create(found, right, cursor, limit)
        );
}
