using System.IO.Compression;
using ModelService.Api.Tests.Support;
using static ModelService.Api.Tests.Trainings.TrainingServer;

namespace ModelService.Api.Tests.Trainings;

/// <summary>Trainings with photos that teach nothing, or too little.</summary>
[Waits]
public sealed class TrainingDataTests(TrainingServer server) : IClassFixture<TrainingServer>
{
    [Fact]
    public async Task Start_ThreePhotos_IsUnsuitable()
    {
        await UploadAsync("three", ("a", 2), ("b", 1));

        var problem = (await server.Api.PostAsync("/v1/models/new/trainings", """{ "dataset": "three" }""")).Problem(
            422,
            "dataset_unsuitable",
            "/dataset"
        );

        Assert.Contains("'b'", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ClassWithoutTrainingImages_IsUnsuitable()
    {
        await UploadAsync("untrained", ("train/a", 3), ("train/b", 3), ("test/c", 3));

        var problem = (
            await server.Api.PostAsync("/v1/models/new/trainings", """{ "dataset": "untrained" }""")
        ).Problem(422, "dataset_unsuitable", "/dataset");

        Assert.Contains("'c'", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_MisspeltProperty_IsToldWhatWasMeant()
    {
        await UploadAsync("meant", ("a", 3), ("b", 3));
        const string Body = """
            { "dataset": "meant", "method": "scracth", "budget": { "second": 5 },
              "optimizer": { "type": "adam", "lrr": 1 } }
            """;

        var problem = (await server.Api.PostAsync("/v1/models/new/trainings", Body))
            .Problem(422, "definition_invalid", "/method", "/budget/second", "/optimizer/lrr")
            .ToString();

        Assert.Contains("scratch", problem, StringComparison.Ordinal);
        Assert.Contains("did you mean 'seconds'", problem, StringComparison.Ordinal);
        Assert.Contains("did you mean 'lr'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ImagesOfOneColor_EndsAndIsNotTrusted()
    {
        await UploadAsync("plain", ("a", 12), ("b", 12));

        var run = await server.WaitAsync(await server.StartAsync("plain", Two("plain")));

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var accuracy = run.GetProperty("result").GetProperty("val").GetProperty("accuracy").GetDouble();
        Assert.InRange(accuracy, 0, 1);
    }

    [Fact]
    public async Task Run_TinyLearningRate_IsNotTrusted()
    {
        await server.UploadAsync("tiny-rate", 12, 10, "train");

        var run = await server.WaitAsync(
            await server.StartAsync(
                "tiny-rate",
                Scratch(
                    "tiny-rate",
                    1,
                    """, "optimizer": { "type": "sgd", "lr": 1e-9 }, "promote": { "at_least": { "accuracy": 0.5 } }"""
                )
            )
        );

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.False(run.GetProperty("promoted").GetBoolean(), run.ToString());
    }

    private static string Two(string dataset) =>
        Scratch(dataset, 2).Replace("\"out_features\": 10", "\"out_features\": 2", StringComparison.Ordinal);

    // Pictures of one colour, all different.
    private async Task UploadAsync(string dataset, params (string Folder, int Count)[] folders)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            byte shade = 0;
            foreach (var (folder, count) in folders)
            {
                for (var index = 0; index < count; index++)
                {
                    using var entry = zip.CreateEntry($"{folder}/{index}.bmp").Open();
                    var picture = Bodies.RandomBmp(0, 32);
                    picture.AsSpan(54).Fill(shade += 5);
                    entry.Write(picture);
                }
            }
        }

        var answer = await server.Api.PostAsync(
            $"/v1/datasets/{dataset}/images",
            Bodies.Raw(bytes.ToArray(), "application/zip")
        );
        Assert.True(answer.Status is 200 or 201, answer.Text);
    }
}
