namespace ModelService.Api.Requests;

/// <summary>An upload that waits on disk while it is used, and is deleted when disposed.</summary>
internal sealed class StagedFile : IDisposable
{
    private StagedFile(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Writes an upload to disk, without keeping it in memory.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="maxBytes">How large it may be.</param>
    /// <param name="cancellationToken">Fires when the client leaves; nothing is left behind then.</param>
    public static async Task<StagedFile> WriteAsync(Stream upload, long maxBytes, CancellationToken cancellationToken)
    {
        var staged = new StagedFile(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"model-service-{Guid.NewGuid():N}.staged"));
        try
        {
            await using var file = new FileStream(staged.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            await RequestBody.CopyAsync(upload, file, maxBytes, cancellationToken);
            return staged;
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Delete(Path);
}
