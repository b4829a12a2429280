namespace ModelService.Models.Storage.Blobs;

/// <summary>
/// Keeps files that never change, each under its SHA-256 in hexadecimal. Methods throw an <see cref="IOException"/>
/// when the store can't be reached or refuses. Thread-safe.
/// </summary>
internal interface IBlobStore
{
    /// <summary>Stores a file, also when it is there already: it then becomes as new as if it were not.</summary>
    /// <param name="sha256">The file's SHA-256.</param>
    /// <param name="content">The file, at its start.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task PutAsync(string sha256, FileStream content, CancellationToken cancellationToken);

    /// <summary>Opens a file.</summary>
    /// <param name="sha256">The file's SHA-256.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>
    /// Its bytes, which the caller disposes and compares with the hash; null when there is no such file.
    /// </returns>
    Task<Stream?> OpenAsync(string sha256, CancellationToken cancellationToken);

    /// <summary>Deletes a file; does nothing when there is none.</summary>
    /// <param name="sha256">The file's SHA-256.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task DeleteAsync(string sha256, CancellationToken cancellationToken);

    /// <summary>Lists the SHA-256 of all files. Whatever else is in the store is left out.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    IAsyncEnumerable<string> ListAsync(CancellationToken cancellationToken);

    /// <summary>Measures the room for files; null when there are no bounds.</summary>
    StorageSpace? MeasureSpace();
}
