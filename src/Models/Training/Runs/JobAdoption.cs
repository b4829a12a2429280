using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Models.Backends;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Training.Process;

namespace ModelService.Models.Training.Runs;

/// <summary>
/// Makes a job that another server has prepared one of this server: with its device and threads, and with copies of the
/// photos, which it finds in its own catalog of data sets.
/// </summary>
/// <param name="datasets">The data sets.</param>
/// <param name="sync">Brings those that others have changed.</param>
/// <param name="limits">The limits of networks.</param>
/// <param name="options">The threads of trainings.</param>
internal sealed class JobAdoption(
    DatasetCatalog datasets,
    IStoreSync sync,
    IOptions<ArchitectureLimits> limits,
    IOptions<TrainingOptions> options
)
{
    private const string Photos = "photos.pack";

    /// <summary>Adopts the job in a run's folder.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ServingException">
    /// A photo is missing, since the data set was changed or deleted: nothing is trained without it.
    /// </exception>
    public async Task AdoptAsync(string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, TrainingJob.File);
        var job = TrainingJob.Read(JsonElement.Parse(await File.ReadAllBytesAsync(path, cancellationToken)));
        var adopted = job with
        {
            Images = await CopyPhotosAsync(job, Path.Combine(folder, Photos), cancellationToken),
            Device = ComputeDevice.Find(job.Model.Definition.Device).ToString(),
            Threads = options.Value.ThreadsOrAll,
        };
        await File.WriteAllBytesAsync(path, adopted.Write(limits.Value), cancellationToken);
    }

    // Copies: the data set may be deleted, and what the server keeps of it may be moved, while the training runs.
    private async Task<List<JobImage>> CopyPhotosAsync(
        TrainingJob job,
        string path,
        CancellationToken cancellationToken
    )
    {
        const int Buffer = 1 << 20;
        await sync.CatchUpAsync(cancellationToken);
        var dataset = datasets.Find(job.Definition.Dataset, job.Definition.Revision).OrThrow();
        File.Delete(path);
        await using var file = DurableFiles.Create(path, Buffer);
        List<JobImage> images = new(job.Images.Count);
        foreach (var image in job.Images)
        {
            var found =
                dataset.Find(image.Id)
                ?? throw new ServingException(
                    ErrorCode.ImageNotFound,
                    $"The data set '{dataset.Name}' was replaced: it has no image {image.Id} any more."
                );
            var bytes = await found.ReadAsync(cancellationToken);
            images.Add(image with { Path = path, Offset = file.Position, Length = bytes.Length });
            await file.WriteAsync(bytes, cancellationToken);
        }

        return images;
    }
}
