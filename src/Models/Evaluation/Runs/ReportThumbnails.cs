using Microsoft.Extensions.Logging;
using ModelService.Imaging;
using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Evaluation.Report;

namespace ModelService.Models.Evaluation.Runs;

/// <summary>Makes the small pictures of a report.</summary>
/// <param name="logger">Logs images that can't be read any more.</param>
internal sealed partial class ReportThumbnails(ILogger<ReportThumbnails> logger)
{
    private const int SmallBytes = 16 << 10; // a picture that is its own thumbnail

    /// <summary>Makes a thumbnail.</summary>
    /// <param name="image">The image.</param>
    /// <returns>The thumbnail; without a picture when the image can't be read any more.</returns>
    public ReportImage Make(DatasetImage image)
    {
        var name = image.FileName ?? image.Id;
        try
        {
            var bytes = image.Read();
            if (bytes.Length <= SmallBytes && PictureFile.FindContentType(bytes.Span) is { } type)
                return new ReportImage(name, type, bytes);
        }
        catch (ServingException exception)
        {
            LogUnreadable(exception, image.Id);
        }

        return new ReportImage(name, "", default);
    }

    [LoggerMessage(LogLevel.Warning, "The image {Id} has no picture in a report")]
    private partial void LogUnreadable(Exception exception, string id);
}
