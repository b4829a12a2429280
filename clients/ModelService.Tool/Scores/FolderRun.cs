using System.Net;
using ModelService.Client;

namespace ModelService.Tool.Scores;

/// <summary>Scores many photos, several at a time.</summary>
/// <param name="client">Speaks to the server.</param>
/// <param name="model">The model.</param>
/// <param name="options">The terms of each request.</param>
/// <param name="parallel">How many requests are under way at the same time.</param>
internal sealed class FolderRun(ModelServiceClient client, string model, PredictOptions options, int parallel)
{
    private static readonly HashSet<string> Endings = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg",
        ".jpeg",
        ".png",
        ".webp",
        ".gif",
        ".bmp",
        ".tif",
        ".tiff",
        ".avif",
    };

    /// <summary>The photos of a folder and of the folders in it, by the paths within it, in order.</summary>
    /// <param name="folder">The folder.</param>
    public static List<string> Find(string folder) =>
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file => Endings.Contains(Path.GetExtension(file)))
                .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Scores photos.</summary>
    /// <param name="folder">Their folder.</param>
    /// <param name="photos">Their paths within it.</param>
    /// <param name="scores">Receives the scores.</param>
    /// <param name="onDone">Is told of each photo whether it could be scored.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ModelServiceException">The server refuses what is not a matter of one photo.</exception>
    public Task RunAsync(
        string folder,
        IEnumerable<string> photos,
        ScoresFile scores,
        Action<bool> onDone,
        CancellationToken cancellation
    ) =>
        Parallel.ForEachAsync(
            photos,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation },
            async (photo, token) =>
            {
                try
                {
                    var upload = Upload.FromFile(Path.Combine(folder, photo));
                    var answer = await client.PredictAsync(model, upload, options, token);
                    scores.Add(photo, answer);
                    onDone(answer.Predictions[0].Error is null);
                }
                catch (ModelServiceException exception) when (IsOfThePhoto(exception))
                {
                    scores.Add(photo, exception.Code);
                    onDone(false);
                }
            }
        );

    // Another photo may be scored all the same.
    private static bool IsOfThePhoto(ModelServiceException exception) =>
        exception.Status
            is HttpStatusCode.BadRequest
                or HttpStatusCode.RequestEntityTooLarge
                or HttpStatusCode.UnsupportedMediaType
                or HttpStatusCode.UnprocessableEntity;
}
