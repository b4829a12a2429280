using System.Security.Cryptography;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Requests;

/// <summary>An uploaded file on disk, which is closed and deleted when disposed.</summary>
internal sealed class StagedFile : IDisposable
{
    private StagedFile(WeightsUpload upload) => Upload = upload;

    /// <summary>The open file and its hash.</summary>
    public WeightsUpload Upload { get; }

    /// <summary>Writes the whole body of a request to disk and hashes it, without holding it in memory.</summary>
    /// <param name="request">The request.</param>
    /// <param name="folder">The folder for the file.</param>
    /// <param name="maxBytes">Largest size, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. The file is then deleted.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.UnsupportedMediaType"/>: the body is a form;
    /// <see cref="ErrorCode.StorageUnavailable"/>: the file can't be written.
    /// </exception>
    public static async Task<StagedFile> WriteAsync(
        HttpRequest request,
        StagingFolder folder,
        long maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (MultipartBody.IsMultipart(request))
        {
            throw new ServingException(
                ErrorCode.UnsupportedMediaType,
                "A form is not supported here. Send the file itself as the body, as curl -T FILE does."
            );
        }

        if (request.ContentLength > maxBytes)
            throw RequestBody.TooLarge(maxBytes);
        return await WriteAsync(request.Body, folder, maxBytes, cancellationToken);
    }

    /// <summary>Writes a stream to disk and hashes it, without holding it in memory.</summary>
    /// <param name="upload">The stream.</param>
    /// <param name="folder">The folder for the file.</param>
    /// <param name="maxBytes">Largest size, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. The file is then deleted.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.StorageUnavailable"/>: the file can't be written.
    /// </exception>
    public static async Task<StagedFile> WriteAsync(
        Stream upload,
        StagingFolder folder,
        long maxBytes,
        CancellationToken cancellationToken
    )
    {
        FileStream? file = null;
        try
        {
            file = folder.CreateFile();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await RequestBody.CopyAsync(upload, file, maxBytes, cancellationToken, hash);
            return new StagedFile(new WeightsUpload(file, Convert.ToHexStringLower(hash.GetHashAndReset())));
        }
        catch (Exception exception)
        {
            Delete(file);
            if (exception is IOException and not BadHttpRequestException)
            {
                throw new ServingException(
                    ErrorCode.StorageUnavailable,
                    exception is UnusableFolderException
                        ? "The upload can't be written to disk; the server's log says why."
                        : "The upload can't be written to disk. The disk may be full.",
                    exception
                );
            }

            throw;
        }
    }

    public void Dispose() => Delete(Upload.File);

    private static void Delete(FileStream? file)
    {
        if (file is null)
            return;
        file.Dispose();

        // If the folder has been deleted, File.Delete would throw.
        if (File.Exists(file.Name))
            File.Delete(file.Name);
    }
}
