using System.Security.Cryptography;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Requests;

/// <summary>An uploaded file on disk, which is closed and deleted when disposed.</summary>
internal sealed class StagedFile : IDisposable
{
    private readonly string? sha256;

    private StagedFile(FileStream content, string? sha256) => (Content, this.sha256) = (content, sha256);

    /// <summary>The open file.</summary>
    public FileStream Content { get; }

    /// <summary>The file and its hash, as weights.</summary>
    /// <exception cref="InvalidOperationException">The file was not hashed.</exception>
    public WeightsUpload Upload => new(Content, sha256 ?? throw new InvalidOperationException("The file has no hash."));

    /// <summary>Writes the whole body of a request to disk, without holding it in memory.</summary>
    /// <param name="request">The request.</param>
    /// <param name="folder">The folder for the file.</param>
    /// <param name="maxBytes">Largest size, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. The file is then deleted.</param>
    /// <param name="isHashed">Whether the file is hashed meanwhile, as weights must be.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.UnsupportedMediaType"/>: the body is a form;
    /// <see cref="ErrorCode.StorageUnavailable"/>: the file can't be written.
    /// </exception>
    public static async Task<StagedFile> WriteAsync(
        HttpRequest request,
        StagingFolder folder,
        long maxBytes,
        CancellationToken cancellationToken,
        bool isHashed = true
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
        return await WriteAsync(request.Body, folder, maxBytes, cancellationToken, isHashed);
    }

    /// <summary>Writes a stream to disk, without holding it in memory.</summary>
    /// <param name="upload">The stream.</param>
    /// <param name="folder">The folder for the file.</param>
    /// <param name="maxBytes">Largest size, in bytes.</param>
    /// <param name="cancellationToken">Cancelled when the client disconnects. The file is then deleted.</param>
    /// <param name="isHashed">Whether the file is hashed meanwhile, as weights must be.</param>
    /// <exception cref="ServingException">
    /// <see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.StorageUnavailable"/>: the file can't be written.
    /// </exception>
    public static async Task<StagedFile> WriteAsync(
        Stream upload,
        StagingFolder folder,
        long maxBytes,
        CancellationToken cancellationToken,
        bool isHashed = true
    )
    {
        FileStream? file = null;
        try
        {
            file = folder.CreateFile();
            using var hash = isHashed ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
            await RequestBody.CopyAsync(upload, file, maxBytes, cancellationToken, hash);
            return new StagedFile(file, hash is null ? null : Convert.ToHexStringLower(hash.GetHashAndReset()));
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

    public void Dispose() => Delete(Content);

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
