using Microsoft.Net.Http.Headers;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Storage;

namespace ModelService.Api.Requests;

/// <summary>Writes the images of an upload to the disk: one image, the files of a form, or a zip archive.</summary>
internal sealed class DatasetUploadRequest : IDisposable
{
    private readonly StagedFile file;

    private DatasetUploadRequest(StagedFile file, DatasetUpload upload) => (this.file, Upload) = (file, upload);

    /// <summary>The upload.</summary>
    public DatasetUpload Upload { get; }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    /// <summary>Receives an upload.</summary>
    /// <param name="request">The request.</param>
    /// <param name="staging">The folder for the upload.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="terms">What the client says about all images.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.MalformedRequest"/>, <see cref="ErrorCode.UnsupportedMediaType"/>,
    /// <see cref="ErrorCode.BodyTooLarge"/>, <see cref="ErrorCode.StorageUnavailable"/>.
    /// </exception>
    public static async Task<DatasetUploadRequest> ReadAsync(
        HttpRequest request,
        StagingFolder staging,
        DatasetOptions limits,
        UploadTerms terms,
        CancellationToken cancellationToken
    )
    {
        if (request.HasJsonContentType())
        {
            throw new ServingException(
                ErrorCode.UnsupportedMediaType,
                "JSON is not supported here. Send an image, multipart/form-data with image files, or a zip archive."
            );
        }

        if (MultipartBody.IsMultipart(request))
            return await ReadFormAsync(request, staging, limits, terms, cancellationToken);
        var file = await StagedFile.WriteAsync(
            request,
            staging,
            limits.MaxUploadBytes,
            cancellationToken,
            isHashed: false
        );
        var length = file.Content.Length;
        if (length == 0)
        {
            file.Dispose();
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The body is empty. Send an image, multipart/form-data with image files, or a zip archive."
            );
        }

        var upload = new DatasetUpload(file.Content, [new UploadPart(null, null, 0, length)], terms)
        {
            IsZip = IsZip(request),
        };
        return new DatasetUploadRequest(file, upload);
    }

    private static bool IsZip(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Value?.ToLowerInvariant() is "application/zip" or "application/x-zip-compressed";

    private static async Task<DatasetUploadRequest> ReadFormAsync(
        HttpRequest request,
        StagingFolder staging,
        DatasetOptions limits,
        UploadTerms terms,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > limits.MaxUploadBytes)
            throw RequestBody.TooLarge(limits.MaxUploadBytes);
        await using var body = new FormFiles(request, limits, cancellationToken);
        var file = await StagedFile.WriteAsync(
            body,
            staging,
            limits.MaxUploadBytes,
            cancellationToken,
            isHashed: false
        );
        if (body.Parts.Count == 0)
        {
            file.Dispose();
            throw new ServingException(
                ErrorCode.MalformedRequest,
                "The form has no files. Send at least one image, in a field whose name is the label."
            );
        }

        return new DatasetUploadRequest(file, new DatasetUpload(file.Content, body.Parts, terms));
    }
}
