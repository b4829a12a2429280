using System.CommandLine;
using System.Globalization;
using ModelService.Client;
using ModelService.Tool.Scores;

namespace ModelService.Tool.Commands;

/// <summary>Scores a photo, or a folder of photos into a file.</summary>
internal static class PredictCommand
{
    private const int MostParallel = 256;

    public static Command Create(Connection connection)
    {
        var model = new Argument<string>("model") { Description = "The model's name." };
        var path = new Argument<FileSystemInfo>("path")
        {
            Description = "A photo, or a folder with photos.",
        }.AcceptExistingOnly();
        var output = new Option<string?>("--output")
        {
            Description = "The CSV file for the scores of a folder; by default scores.csv. One that is there goes on.",
        };
        var top = new Option<int>("--top")
        {
            Description = "The number of best classes.",
            DefaultValueFactory = static _ => 5,
        }.Within(1, 1000);
        var parallel = new Option<int>("--parallel")
        {
            Description = "How many requests are under way at the same time.",
            DefaultValueFactory = static _ => 8,
        }.Within(1, MostParallel);
        var version = new Option<int?>("--version-number") { Description = "The version; by default the default one." };
        var command = new Command("predict", "Scores a photo, or a folder of photos into a CSV file.")
        {
            model,
            path,
            output,
            top,
            parallel,
            version,
        };
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    session =>
                    {
                        var name = parsed.GetRequiredValue(model);
                        var options = new PredictOptions
                        {
                            TopK = parsed.GetValue(top),
                            Scores = ScoreKind.None,
                            Version = parsed.GetValue(version),
                        };
                        return parsed.GetRequiredValue(path) is DirectoryInfo folder
                            ? ScoreAsync(
                                session,
                                new FolderRun(session.Client, name, options, parsed.GetValue(parallel)),
                                folder.FullName,
                                () =>
                                    ScoresFile.Open(parsed.GetValue(output) ?? "scores.csv", name, options.TopK.Value),
                                cancellation
                            )
                            : ShowAsync(session, name, parsed.GetRequiredValue(path).FullName, options, cancellation);
                    }
                )
        );
        return command;
    }

    private static async Task<int> ShowAsync(
        Session session,
        string model,
        string photo,
        PredictOptions options,
        CancellationToken cancellation
    )
    {
        var answer = await session.Client.PredictAsync(model, Upload.FromFile(photo), options, cancellation);
        session.Show(
            ["#rank", "label", "#probability"],
            (answer.Predictions[0].Top ?? []).Select(
                (item, index) =>
                    (string[])
                        [
                            $"{index + 1}",
                            item.Label ?? $"{item.ClassIndex}",
                            item.Probability.ToString("0.0000", CultureInfo.InvariantCulture),
                        ]
            )
        );
        if (answer.Weights != WeightsState.Loaded)
            session.Say("The model's weights are random, at least in part: the scores have no meaning.");
        return ExitCode.Done;
    }

    private static async Task<int> ScoreAsync(
        Session session,
        FolderRun run,
        string folder,
        Func<ScoresFile> open,
        CancellationToken cancellation
    )
    {
        var photos = FolderRun.Find(folder);
        if (photos.Count == 0)
            throw new UsageException($"{folder} has no photos.");
        using var scores = open();
        var waiting = photos.Where(photo => !scores.Done.Contains(photo)).ToList();
        if (waiting.Count < photos.Count)
            session.Say($"{photos.Count - waiting.Count} of {photos.Count} photos have been scored already.");
        var (scored, failed) = (0, 0);
        try
        {
            await session.ProgressAsync(async progress =>
            {
                var task = progress.AddTask("photos", maxValue: Math.Max(1, waiting.Count));
                await run.RunAsync(
                    folder,
                    waiting,
                    scores,
                    isScored =>
                    {
                        _ = isScored ? Interlocked.Increment(ref scored) : Interlocked.Increment(ref failed);
                        task.Increment(1);
                    },
                    cancellation
                );
                return true;
            });
        }
        catch (Exception exception) when (exception is not UsageException)
        {
            session.Say($"{scored + failed} photos were done. The same command goes on with the others.");
            throw;
        }

        session.Show(
            ["#photos", "#scored now", "#not usable"],
            [
                [$"{photos.Count}", $"{scored}", $"{failed}"],
            ]
        );
        return failed == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
