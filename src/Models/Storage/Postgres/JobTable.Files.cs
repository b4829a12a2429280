using ModelService.Models.Errors;
using ModelService.Models.Storage.FileSystem;
using Npgsql;

namespace ModelService.Models.Storage.Postgres;

/// <content>The files of jobs, which are blobs: first the blob, then the row that names it.</content>
internal sealed partial class JobTable
{
    /// <summary>Stores a file for a job that is to be added.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoredFile> StoreAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = DurableFiles.Open(path);
        return await blobs.PutAsync(DurableFiles.ReadParts(file), database.TouchBlobAsync, cancellationToken);
    }

    /// <summary>Copies a file of a job to the local disk.</summary>
    /// <param name="stored">The file.</param>
    /// <param name="path">Where it is copied to; replaced if it is there.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task FetchAsync(StoredFile stored, string path, CancellationToken cancellationToken)
    {
        await using var source = await blobs.OpenAsync(stored, ErrorCode.StorageUnavailable, cancellationToken);
        File.Delete(path);
        await using var copy = DurableFiles.Create(path);
        await source.CopyToAsync(copy, cancellationToken);
    }

    /// <summary>Stores a file of a job in the place of an earlier one, which is deleted.</summary>
    /// <param name="lease">The lease of the job.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReplaceAsync(JobLease lease, string name, string path, CancellationToken cancellationToken)
    {
        var file = await StoreAsync(path, cancellationToken);
        var replaced = await database.ChangeAsync(async connection =>
        {
            var held = await connection.ValueAsync(
                "select 1 from jobs where id = $1 and lease = $2 and state = 'running' for update",
                lease.Job,
                lease.Number
            );
            if (held is null)
                throw new LeaseLostException(lease);
            const string Earlier = "select file from job_files where job = $1 and name = $2";
            var earlier = (string?)await connection.ValueAsync(Earlier, lease.Job, name);
            await PutFileAsync(connection, lease.Job, name, file);
            return earlier;
        });
        if (replaced is null || replaced == file.Sha256)
            return;
        blobs.Cache.Remove(replaced);
        try
        {
            // There would be one every few seconds: too many to wait for the next sweep.
            await database.DeleteUnusedBlobAsync(blobs.Blobs, replaced, TimeSpan.Zero, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or ServingException)
        {
            // A sweep deletes it.
        }
    }

    private static Task<int> PutFileAsync(NpgsqlConnection connection, string job, string name, StoredFile file) =>
        connection.RunAsync(
            """
            insert into job_files (job, name, file) values ($1, $2, $3)
            on conflict (job, name) do update set file = $3
            """,
            job,
            name,
            file.Sha256
        );
}
