using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using ModelService.Api.Auth;
using ModelService.Api.Contracts;
using ModelService.Api.Errors;
using ModelService.Api.Protection;
using ModelService.Api.Requests;
using ModelService.Api.Swagger;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Controllers;

/// <summary>Uploads, lists, sends, changes and removes the images of data sets.</summary>
[ApiController]
[Authorize(Scopes.Train)]
[Route("v1/datasets/{name}/images")]
[Produces("application/json")]
public sealed class DatasetImagesController(
    DatasetCatalog catalog,
    StagingFolder staging,
    IOptions<LimitsOptions> limits,
    IOptions<DatasetOptions> datasetLimits
) : ControllerBase
{
    /// <summary>Adds images to a data set, and creates the data set if there is none.</summary>
    /// <remarks>
    /// The body is one image; or a form with image files, whose field names are the labels; or a zip archive with a
    /// folder for each class, as torchvision's ImageFolder reads it. Folders <c>train</c>, <c>val</c> and <c>test</c>
    /// above those of the classes are the splits. So <c>curl -X POST -T pets.zip</c> makes a data set.
    ///
    /// Every image is decoded before it is taken. A file that can't be taken does not affect the others; if none can,
    /// the answer is the error of the first, and <c>errors</c> has the first 20, each by its file name. Equal bytes
    /// are taken once: an image that is there already counts as a duplicate, and fails with <c>image_exists</c> if it
    /// now comes with another label or in another split.
    /// </remarks>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="label">The label of all images. Needed for an image that is the whole body.</param>
    /// <param name="split">The split of all images. Left out, it is drawn when a model is trained.</param>
    /// <param name="group">
    /// What all images have in common, such as a person or a video. Images of one group stay together when a split is
    /// drawn.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. Nothing is changed then.</param>
    /// <response code="200">All images are in the data set.</response>
    /// <response code="201">All images are in the data set, which was created. Location holds its address.</response>
    /// <response code="207">Some files were taken, and some not. <c>failures</c> lists those.</response>
    [HttpPost(Name = "addImages")]
    [ChangesModels]
    [RequestTimeout(RequestLimits.Upload)]
    [ConsumesFiles("cat", alsoRaw: true)]
    [ProducesResponseType<DatasetUploadResponse>(StatusCodes.Status200OK)]
    [ProducesResponseType<DatasetUploadResponse>(StatusCodes.Status201Created)]
    [ProducesResponseType<DatasetUploadResponse>(StatusCodes.Status207MultiStatus)]
    [FailsWith(
        ErrorCode.DatasetTooLarge,
        ErrorCode.ImageTooLarge,
        ErrorCode.ImageUndecodable,
        ErrorCode.ImageExists,
        ErrorCode.LabelInvalid,
        ErrorCode.ArchiveUnreadable
    )]
    public async Task<ActionResult> Add(
        string name,
        CancellationToken cancellationToken,
        [FromQuery] string? label = null,
        [FromQuery] Split? split = null,
        [FromQuery] string? group = null
    )
    {
        // A data set that can't take images is reported before gigabytes are received.
        if (await catalog.CheckUploadAsync(name, cancellationToken) is { } unusable)
            return new FailureResult(unusable);
        using var request = await DatasetUploadRequest.ReadAsync(
            Request,
            staging,
            datasetLimits.Value,
            new UploadTerms(label, split, group),
            cancellationToken
        );
        var added = await catalog.AddAsync(name, request.Upload, cancellationToken);
        if (!added.TryGet(out var result, out var failure))
            return new FailureResult(failure);

        // That nothing was taken is an error like any other.
        if (result.Report.DescribeFailure() is { } none)
            return new FailureResult(none);
        var response = DatasetUploadResponse.Create(name, result);
        return result.Report.Failed > 0 ? StatusCode(StatusCodes.Status207MultiStatus, response)
            : result.IsCreated ? CreatedAtAction(nameof(DatasetsController.Get), "Datasets", new { name }, response)
            : Ok(response);
    }

    /// <summary>Lists the images of a data set, page by page.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="label">Only images of this class.</param>
    /// <param name="split">Only images of this split.</param>
    /// <param name="revision">The number of the revision; left out: the current one.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor">
    /// <c>next_cursor</c> of the page before. All pages are of the revision of the first one.
    /// </param>
    /// <response code="200">A page of images.</response>
    [HttpGet(Name = "listImages")]
    public ActionResult<DatasetImageListResponse> List(
        string name,
        [FromQuery] string? label = null,
        [FromQuery] Split? split = null,
        [FromQuery] int? revision = null,
        [FromQuery, Range(1, 1000)] int limit = 100,
        [FromQuery] string? cursor = null
    )
    {
        if (!ImageCursor.Read(cursor, revision).TryGet(out var place, out var failure))
            return new FailureResult(failure);
        return catalog
            .Find(name, place.Revision)
            .ToResult(dataset =>
            {
                var found = dataset
                    .Images.Index()
                    .Skip(place.Index)
                    .Where(pair =>
                        (label is null || pair.Item.Label == label) && (split is null || pair.Item.Split == split)
                    )
                    .Take(limit + 1)
                    .ToList();
                return new DatasetImageListResponse(
                    dataset.Name,
                    dataset.Revision,
                    [.. found.Take(limit).Select(pair => DatasetImageResponse.Create(pair.Item))],
                    found.Count > limit ? new ImageCursor(dataset.Revision, found[limit].Index).ToString() : null
                );
            });
    }

    /// <summary>Returns an image as it was uploaded.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="id" example="6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0">Its id.</param>
    /// <param name="revision">The number of a revision that has it; left out: the current one.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The bytes of the image.</response>
    [HttpGet("{id}", Name = "getImage")]
    [Produces("image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff", "image/avif")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK)]
    public async Task<ActionResult> Get(
        string name,
        string id,
        CancellationToken cancellationToken,
        [FromQuery] int? revision = null
    )
    {
        if (!FindImage(name, id, revision).TryGet(out var image, out var failure))
            return new FailureResult(failure);
        return this.SendImage(await image.ReadAsync(cancellationToken), image.Id, image.FileName);
    }

    /// <summary>Returns a small copy of an image, as a JPEG.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="id" example="6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0">Its id.</param>
    /// <param name="revision">The number of a revision that has it; left out: the current one.</param>
    /// <param name="size">The length of the longer side, in pixels. A smaller image keeps its own.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The small copy.</response>
    [HttpGet("{id}/thumbnail", Name = "getThumbnail")]
    [Produces("image/jpeg")]
    [ProducesResponseType<FileResult>(StatusCodes.Status200OK)]
    public async Task<ActionResult> Thumbnail(
        string name,
        string id,
        CancellationToken cancellationToken,
        [FromQuery] int? revision = null,
        [FromQuery, Range(16, 1024)] int size = 128
    )
    {
        if (!FindImage(name, id, revision).TryGet(out var image, out var failure))
            return new FailureResult(failure);
        var small = await catalog.MakeThumbnailAsync(image, size, cancellationToken);
        return small.ToActionResult(bytes => this.SendImage(bytes, $"{id}-{size}", fileName: null));
    }

    /// <summary>Changes the label, the split or the group of an image.</summary>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="id" example="6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0">Its id.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <response code="200">The image after the change, and the new revision.</response>
    [HttpPatch("{id}", Name = "updateImage")]
    [ChangesModels]
    [ConsumesJson(typeof(UpdateImageBody), Examples.Relabel)]
    [FailsWith(ErrorCode.LabelInvalid, ErrorCode.DatasetTooLarge)]
    public async Task<ActionResult<DatasetChangeResponse>> Update(
        string name,
        string id,
        CancellationToken cancellationToken
    )
    {
        var update = UpdateImageBody.Read(await JsonBody.ReadAsync(Request, limits.Value, cancellationToken));
        return (await catalog.ChangeAsync(name, id, update)).ToResult(dataset => new DatasetChangeResponse(
            dataset.Name,
            dataset.Revision,
            dataset.Find(id) is { } image ? DatasetImageResponse.Create(image) : null
        ));
    }

    /// <summary>Removes an image from a data set.</summary>
    /// <remarks>
    /// Earlier revisions keep the image. With <c>purge</c>, its bytes are overwritten, and no revision has them any
    /// more; an image that was removed before can still be purged.
    /// </remarks>
    /// <param name="name" example="digits">The name of the data set.</param>
    /// <param name="id" example="6b7fa434f92a8b80aab02d9bf1a12e49ffcae424e4013a1c4f68b67e3d2bbcd0">Its id.</param>
    /// <param name="purge">Whether its bytes are overwritten.</param>
    /// <response code="200">The image is removed. The answer holds the new revision.</response>
    [HttpDelete("{id}", Name = "removeImage")]
    [ChangesModels]
    public async Task<ActionResult<DatasetChangeResponse>> Remove(
        string name,
        string id,
        [FromQuery] bool purge = false
    ) =>
        (await catalog.RemoveAsync(name, [id], purge)).ToResult(dataset => new DatasetChangeResponse(
            dataset.Name,
            dataset.Revision,
            null
        ));

    private Outcome<DatasetImage> FindImage(string name, string id, int? revision) =>
        catalog.Find(name, revision).TryGet(out var dataset, out var failure)
            ? dataset.Find(id) is { } image
                ? image
                : new Failure(
                    ErrorCode.ImageNotFound,
                    $"Revision {dataset.Revision} of '{name}' has no image '{Suggestions.Shorten(id, 64)}'."
                )
            : failure;
}
