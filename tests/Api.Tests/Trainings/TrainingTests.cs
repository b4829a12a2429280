using System.Text.Json;
using ModelService.Api.Tests.Support;
using static ModelService.Api.Tests.Trainings.TrainingServer;

namespace ModelService.Api.Tests.Trainings;

/// <summary>Trainings as their users see them: from photos to a version that is right.</summary>
[Waits]
public sealed class TrainingTests(TrainingServer server) : IClassFixture<TrainingServer>
{
    [Fact]
    public async Task Train_LessonFromScratch_NamesADigitThatItHasNeverSeen()
    {
        await server.UploadAsync("digits", 60);

        var path = await server.StartAsync("lesson", Scratch("digits", 20));
        var run = await server.WaitAsync(path);

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal(1, run.GetProperty("version").GetInt32());
        Assert.True(
            run.GetProperty("result").GetProperty("test").GetProperty("accuracy").GetDouble() > 0.85,
            run.ToString()
        );
        using var zip = System.IO.Compression.ZipFile.OpenRead(Fixtures.Path("digits.zip"));
        var right = 0;
        foreach (
            var entry in zip
                .Entries.Where(entry => entry.FullName.StartsWith("test/") && entry.Name.Length > 0)
                .Take(40)
        )
        {
            using var photo = entry.Open();
            var prediction = (await server.Api.PredictAsync("lesson", Bodies.Images(Read(photo)))).Prediction();
            right +=
                prediction.GetProperty("top")[0].GetProperty("label").GetString() == entry.FullName.Split('/')[1]
                    ? 1
                    : 0;
        }

        Assert.True(right > 32, $"{right} of 40");
        var version = (await server.Api.GetAsync("/v1/models/lesson")).Ok().GetProperty("versions")[0];
        var training = version.GetProperty("lineage").GetProperty("training");
        Assert.Equal("digits", training.GetProperty("dataset").GetString());
        Assert.Equal("scratch", training.GetProperty("method").GetString());
        await AssertCourseAsync(path);
    }

    [Fact]
    public async Task Start_ExamplesOfTheDocument_AreAccepted()
    {
        await server.UploadAsync("digits", 60);
        var examples = (await server.Api.GetAsync("/swagger/v1/swagger.json"))
            .Ok()
            .GetProperty("paths")
            .GetProperty("/v1/models/{name}/trainings")
            .GetProperty("post")
            .GetProperty("requestBody")
            .GetProperty("content")
            .GetProperty("application/json")
            .GetProperty("examples")
            .EnumerateObject()
            .ToList();

        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var path = await server.StartAsync("example", example.Value.GetProperty("value").GetRawText());
            (await server.Api.PostAsync($"{path}/cancel", Bodies.Json(""))).Ok();
        }
    }

    [Fact]
    public async Task Train_HeadOfThePretrainedBase_LearnsFromFivePhotosAClass()
    {
        var listed = (await server.Api.GetAsync("/v1/architectures")).Ok().GetProperty("pretrained");
        Assert.SkipUnless(listed.GetArrayLength() > 0, "The server was built without pretrained weights.");
        await server.UploadAsync("few", 8, classes: 4, splits: "train");

        var path = await server.StartAsync("few", """{ "dataset": "few", "method": "head" }""");
        var run = await server.WaitAsync(path);

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Equal("resnet18_mlnet", run.GetProperty("from").GetString());
        Assert.True(
            run.GetProperty("result").GetProperty("val").GetProperty("accuracy").GetDouble() >= 0.5,
            run.ToString()
        );

        // The next one begins with that version, keeps its head, and is not worse.
        var next = await server.WaitAsync(
            await server.StartAsync("few", """{ "dataset": "few", "method": "head", "augment": "none" }""")
        );
        Assert.Equal("few@1", next.GetProperty("from").GetString());
        Assert.Equal(2, next.GetProperty("version").GetInt32());
        Assert.True(next.GetProperty("promoted").GetBoolean(), next.ToString());
    }

    [Fact]
    public async Task Train_LeastFiguresMissed_MakesAVersionThatIsNotTheDefault()
    {
        await server.UploadAsync("gate", 12);
        await server.WaitAsync(await server.StartAsync("gate", Scratch("gate", 3)));

        var run = await server.WaitAsync(
            await server.StartAsync("gate", Scratch("gate", 1, """, "promote": { "at_least": { "accuracy": 1.0 } }"""))
        );

        Assert.False(run.GetProperty("promoted").GetBoolean());
        Assert.Contains("accuracy", run.GetProperty("promoted_reason").GetString(), StringComparison.Ordinal);
        var model = (await server.Api.GetAsync("/v1/models/gate")).Ok();
        Assert.Equal(1, model.GetProperty("version").GetInt32());
        Assert.Equal(2, model.GetProperty("versions").GetArrayLength());
    }

    [Fact]
    public async Task Cancel_RunningAndWaiting_EndsBothAndLeavesNothing()
    {
        await server.UploadAsync("cancel", 60);
        var running = await server.StartAsync("cancelled", Scratch("cancel", 100_000));
        var waiting = await server.StartAsync("cancelled", Scratch("cancel", 100_000));
        await server.WaitForStepsAsync(running);

        foreach (var path in (string[])[waiting, running])
        {
            (await server.Api.DeleteAsync(path)).Problem(409, "training_conflict");
            var run = (await server.Api.PostAsync($"{path}/cancel", Bodies.Json(""))).Ok();
            Assert.Equal("cancelled", run.GetProperty("state").GetString());
            var folder = Path.Combine(server.Trainings, run.GetProperty("id").GetString()!);
            string[] kept = ["events.jsonl", "run.json"];
            Assert.All(Directory.GetFiles(folder).Select(Path.GetFileName), name => Assert.Contains(name, kept));
            (await server.Api.DeleteAsync(path)).Ok();
            Assert.False(Directory.Exists(folder));
            (await server.Api.GetAsync(path)).Problem(404, "training_not_found");
        }

        (await server.Api.GetAsync("/v1/models/cancelled")).Problem(404, "model_not_found");
    }

    [Fact]
    public async Task Cancel_KeepingWhatWasReached_MakesAVersion()
    {
        await server.UploadAsync("keep", 30);
        var path = await server.StartAsync("kept", Scratch("keep", 100_000));
        await Eventually.GetAsync(
            async () => (await server.Api.GetAsync(path)).Ok(),
            run => run.TryGetProperty("best_so_far", out _)
        );

        (await server.Api.PostAsync($"{path}/cancel?keep=true", Bodies.Json(""))).Ok();
        var run = await server.WaitAsync(path);

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.Contains("asked", run.GetProperty("result").GetProperty("phases")[0].GetProperty("reason").GetString()!);
    }

    // Events come again after a lost connection, from where the client says; the history has each step once.
    private async Task AssertCourseAsync(string path)
    {
        var all = Events(await server.Http.GetStringAsync($"{path}/events", TestContext.Current.CancellationToken));
        Assert.Equal(
            Enumerable.Range(1, all.Count).Select(id => (long)id),
            all.Select(item => item.GetProperty("id").GetInt64())
        );
        Assert.Equal("end", all[^1].GetProperty("event").GetString());
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{path}/events");
        request.Headers.Add("Last-Event-ID", "3");
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var rest = Events(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(all.Skip(3).Select(item => item.ToString()), rest.Select(item => item.ToString()));

        var history = (await server.Api.GetAsync($"{path}/history?points=2")).Ok();
        Assert.Equal(20, history.GetProperty("epochs").GetArrayLength());
        Assert.Equal(2, history.GetProperty("steps").GetArrayLength());
    }

    private static List<JsonElement> Events(string text) =>
        [
            .. text.Split('\n')
                .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
                .Select(line => JsonElement.Parse(line[6..])),
        ];

    private static byte[] Read(Stream stream)
    {
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
