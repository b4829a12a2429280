using System.CommandLine;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Client;
using Spectre.Console;

namespace ModelService.Tool.Commands;

/// <summary>Uploads photos, trains a model with them, and follows the training.</summary>
internal static class TrainCommand
{
    public static Command Create(Connection connection)
    {
        var model = new Argument<string>("model")
        {
            Description = "The model to make a version of; a new one is made.",
        };
        var dataset = new Option<string>("--dataset") { Description = "The data set.", Required = true };
        var images = new Option<FileSystemInfo?>("--images")
        {
            Description = "Photos to add first: a zip archive, or a folder, with a folder for each class in it.",
        };
        OptionValidation.AcceptExistingOnly(images!);
        var method = new Option<string?>("--method")
        {
            Description = "What is trained: auto, head, last_stage, all or scratch.",
        };
        method.AcceptOnlyFromAmong([.. Methods.Keys]);
        var seconds = new Option<int?>("--seconds") { Description = "The longest time that it may take." };
        var network = new Option<string?>("--base") { Description = "A predefined network for a new model." };
        var file = new Option<string?>("--architecture")
        {
            Description = "A JSON file with a network for a new model.",
        };
        var command = new Command("train", "Trains a model with a data set, and shows how far it is.")
        {
            model,
            dataset,
            images,
            method,
            seconds,
            network,
            file,
        };
        command.SetAction(
            (parsed, cancellation) =>
                connection.RunAsync(
                    parsed,
                    async session =>
                    {
                        var name = parsed.GetRequiredValue(dataset);
                        var definition = new TrainingDefinition
                        {
                            Dataset = name,
                            Method = parsed.GetValue(method) is { } chosen ? Methods[chosen] : null,
                            Budget = new TrainingBudget { Seconds = parsed.GetValue(seconds) },
                            From = Origin(parsed.GetValue(network), parsed.GetValue(file)),
                        };
                        if (parsed.GetValue(images) is { } added)
                            await AddAsync(session, name, added, cancellation);
                        return await TrainAsync(session, parsed.GetRequiredValue(model), definition, cancellation);
                    }
                )
        );
        return command;
    }

    private static Dictionary<string, TrainingMethod> Methods { get; } =
        Enum.GetValues<TrainingMethod>()
            .Where(method => method != TrainingMethod.Unknown)
            .ToDictionary(method => JsonNamingPolicy.SnakeCaseLower.ConvertName(method.ToString()));

    private static TrainingOrigin? Origin(string? network, string? file) =>
        network is null && file is null
            ? null
            : new TrainingOrigin { Base = network, Architecture = file is null ? null : Definitions.ReadNetwork(file) };

    private static async Task AddAsync(
        Session session,
        string dataset,
        FileSystemInfo images,
        CancellationToken cancellation
    )
    {
        var archive = images is DirectoryInfo ? Path.GetTempFileName() : images.FullName;
        try
        {
            if (images is DirectoryInfo)
            {
                File.Delete(archive);
                await ZipFile.CreateFromDirectoryAsync(
                    images.FullName,
                    archive,
                    CompressionLevel.NoCompression,
                    includeBaseDirectory: false,
                    cancellation
                );
            }

            var added = await session.Client.Datasets.AddImagesAsync(
                dataset,
                Upload.FromFile(archive),
                cancellationToken: cancellation
            );
            session.Say($"{dataset}: {added.Added} images added, {added.Duplicates} there already.");
            foreach (var failure in added.Failures)
                session.Say($"  {failure.FileName}: {failure.Detail}");
        }
        finally
        {
            if (images is DirectoryInfo)
                File.Delete(archive);
        }
    }

    private static async Task<int> TrainAsync(
        Session session,
        string model,
        TrainingDefinition definition,
        CancellationToken cancellation
    )
    {
        var training = await session.Client.Trainings.StartAsync(model, definition, cancellation);
        session.Say($"Training {training.Id}. It goes on when this command is ended.");
        await session.ProgressAsync(async progress =>
        {
            ProgressTask? task = null;
            await foreach (var item in session.Client.Trainings.FollowAsync(training.Id, null, cancellation))
                task = Show(progress, task, item);
            task?.StopTask();
            return true;
        });
        var ended = await session.Client.Trainings.GetAsync(training.Id, cancellation);
        if (ended.State != RunState.Succeeded)
        {
            session.Say($"The training {$"{ended.State}".ToLowerInvariant()}: {ended.Reason}");
            return ExitCode.Failed;
        }

        session.Show(
            ["model", "#version", "split", "#images", "#accuracy"],
            new[] { ("val", ended.Result?.Val), ("test", ended.Result?.Test) }
                .Where(split => split.Item2 is not null)
                .Select(split =>
                    (string[])
                        [
                            ended.Model,
                            $"{ended.Version}",
                            split.Item1,
                            $"{split.Item2!.Images}",
                            Definitions.Share(split.Item2.Accuracy),
                        ]
                )
        );
        foreach (var warning in ended.Result?.Warnings ?? [])
            session.Say(warning.Message);
        if (ended.Promoted == false)
            session.Say($"The version is not the default one: {ended.PromotedReason}");
        return ExitCode.Done;
    }

    // Each phase has a bar, which is as long as its steps.
    private static ProgressTask? Show(ProgressContext progress, ProgressTask? task, TrainingEvent item)
    {
        switch (item.Name)
        {
            case "phase":
                if (task is not null)
                    task.Value = task.MaxValue;
                return progress.AddTask(Markup.Escape($"{item.Data["phase"]}"));
            case "step" when task is not null:
                task.MaxValue = Math.Max(1, Number(item.Data["steps"]) ?? task.MaxValue);
                task.Value = Number(item.Data["step"]) ?? task.Value;
                break;
            case "epoch" when task is not null && Number(item.Data["val_accuracy"]) is { } accuracy:
                task.Description = Markup.Escape(
                    $"{item.Data["phase"]}: epoch {item.Data["epoch"]}, {Definitions.Share(accuracy)} right"
                );
                break;
            case "end" when task is not null:
                task.Value = task.MaxValue;
                break;
        }

        return task;
    }

    private static double? Number(JsonNode? value) =>
        value is not null && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : null;
}
