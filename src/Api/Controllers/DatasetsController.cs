using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;

namespace ModelService.Api.Controllers;

/// <summary>Creates, lists and deletes data sets.</summary>
[ApiController]
[Authorize(Scopes.Train)]
[Route("v1/datasets")]
[Produces("application/json")]
public sealed class DatasetsController(DatasetCatalog catalog, IOptions<LimitsOptions> limits) : ControllerBase
{
    /// <summary>Creates an empty data set.</summary>
    /// <remarks>
    /// Not needed before an upload: <c>POST /v1/datasets/{name}/images</c> creates the data set. Create it first to
    /// give
    /// the classes their order, or to refuse images of other classes.
    /// </remarks>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="201">The data set. Location holds its address.</response>
    [HttpPost(Name = "createDataset")]
    [ChangesModels]
    [ConsumesJson(typeof(CreateDatasetBody), Examples.CatsAndDogs)]
    [ProducesResponseType<DatasetResponse>(StatusCodes.Status201Created)]
    [FailsWith(ErrorCode.DatasetExists, ErrorCode.DatasetTooLarge, ErrorCode.LabelInvalid)]
    public async Task<ActionResult> Create(CancellationToken cancellationToken)
    {
        var body = CreateDatasetBody.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        var created = await catalog.CreateAsync(body.Name, body.Classes);
        return created
            .Then(DatasetResponse.Create)
            .ToActionResult(dataset => CreatedAtAction(nameof(Get), new { name = dataset.Name }, dataset));
    }

    /// <summary>Lists the data sets.</summary>
    /// <response code="200">The data sets in brief.</response>
    [HttpGet(Name = "listDatasets")]
    public DatasetListResponse List() => new([.. catalog.List().Select(DatasetSummary.Create)]);

    /// <summary>Returns a data set: its classes with their numbers of images, and its problems.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="revision">The number of the revision; left out: the current one.</param>
    /// <response code="200">The data set.</response>
    [HttpGet("{name}", Name = "getDataset")]
    public ActionResult<DatasetResponse> Get(string name, [FromQuery] int? revision = null) =>
        catalog.Find(name, revision).ToResult(DatasetResponse.Create);

    /// <summary>Deletes a data set with all its images and revisions.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <response code="200">The data set is deleted. The answer holds the number of bytes freed.</response>
    [HttpDelete("{name}", Name = "deleteDataset")]
    [ChangesModels]
    public async Task<ActionResult<DatasetDeletedResponse>> Delete(string name) =>
        (await catalog.DeleteAsync(name)).ToResult(deleted => new DatasetDeletedResponse(
            deleted.Name,
            deleted.BytesFreed
        ));
}
