using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Requests;

/// <summary>An uploaded file on disk, which is deleted when disposed.</summary>
internal sealed class StagedFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Keeps the file open, so that another server with the same staging folder does not delete it as a leftover.
    private SafeFileHandle? claim;

    private StagedFile(string path) => Upload = new WeightsUpload(path, "");

    /// <summary>The file's path and hash.</summary>
    public WeightsUpload Upload { get; private set; }

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
        var staged = new StagedFile(folder.NewPath());
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var file = Create(staged.Upload.Path))
                await RequestBody.CopyAsync(upload, file, maxBytes, cancellationToken, hash);
            staged.claim = File.OpenHandle(staged.Upload.Path);
            staged.Upload = staged.Upload with { Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()) };
            return staged;
        }
        catch (Exception exception)
        {
            staged.Dispose();
            if (exception is IOException and not BadHttpRequestException)
            {
                throw new ServingException(
                    ErrorCode.StorageUnavailable,
                    "The upload can't be written to disk. The disk may be full.",
                    exception
                );
            }

            throw;
        }
    }

    public void Dispose()
    {
        claim?.Dispose();

        // If the folder has been deleted, File.Delete would throw.
        if (File.Exists(Upload.Path))
            File.Delete(Upload.Path);
    }

    private static FileStream Create(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.None,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }
}
