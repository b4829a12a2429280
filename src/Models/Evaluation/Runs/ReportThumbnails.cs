using Microsoft.Extensions.Logging;
using ModelService.Models.Datasets;
using ModelService.Models.Evaluation.Report;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Makes the small pictures of a report.</summary>
/// <param name="datasets">Makes small copies of images.</param>
/// <param name="logger">Logs images that can't be read any more.</param>
internal sealed partial class ReportThumbnails(DatasetCatalog datasets, ILogger<ReportThumbnails> logger)
{
    private const int Size = 160;

    /// <summary>Makes small copies of images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The copies by the id of the image; without a picture where the image can't be read any more.</returns>
    public async Task<IReadOnlyDictionary<string, ReportImage>> MakeAsync(
        IEnumerable<DatasetImage> images,
        CancellationToken cancellationToken
    )
    {
        var made = new Dictionary<string, ReportImage>();
        foreach (var image in images.DistinctBy(image => image.Id))
        {
            var thumbnail = await datasets.MakeThumbnailAsync(image, Size, cancellationToken);
            if (thumbnail.Failure is { } failure)
                LogUnreadable(image.Id, failure.Detail);
            made[image.Id] = new ReportImage(image.FileName ?? image.Id, "image/jpeg", thumbnail.Value);
        }

        return made;
    }

    [LoggerMessage(LogLevel.Warning, "The image {Id} has no picture in a report: {Reason}")]
    private partial void LogUnreadable(string id, string reason);
}
