using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Weights;

namespace ModelService.Api.Requests;

/// <summary>An upload that waits on disk while it is used, and is deleted when disposed.</summary>
internal sealed class StagedFile : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // Held open, so that another server of the same folder doesn't take the file for left over.
    private SafeFileHandle? claim;

    private StagedFile(string path) => Upload = new WeightsUpload(path, "");

    /// <summary>The file and its hash.</summary>
    public WeightsUpload Upload { get; private set; }

    /// <summary>Writes a request's whole body to disk and hashes it, without keeping it in memory.</summary>
    /// <param name="request">The request.</param>
    /// <param name="folder">Where it waits.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <param name="cancellationToken">Fires when the client leaves; nothing is left behind then.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>, <see cref="ErrorCode.UnsupportedMediaType"/>.</exception>
    public static async Task<StagedFile> WriteAsync(
        HttpRequest request,
        StagingFolder folder,
        long maxBytes,
        CancellationToken cancellationToken
    )
    {
        if (MultipartBody.IsIn(request))
        {
            throw new ServingException(
                ErrorCode.UnsupportedMediaType,
                "A form is not read here: send the file as the body, as curl -T FILE does."
            );
        }

        if (request.ContentLength > maxBytes)
            throw RequestBody.TooLarge(maxBytes);
        return await WriteAsync(request.Body, folder, maxBytes, cancellationToken);
    }

    /// <summary>Writes an upload to disk and hashes it, without keeping it in memory.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="folder">Where it waits.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <param name="cancellationToken">Fires when the client leaves; nothing is left behind then.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.BodyTooLarge"/>; <see cref="ErrorCode.StorageUnavailable"/>: the disk is full.</exception>
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
                    "The upload can't be kept on the disk, which may be full.",
                    exception
                );
            }

            throw;
        }
    }

    public void Dispose()
    {
        claim?.Dispose();
        if (File.Exists(Upload.Path))
            File.Delete(Upload.Path); // it may be the folder that is gone
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
