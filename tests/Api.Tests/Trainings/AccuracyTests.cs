using System.Net.Http.Headers;
using System.Text.Json;

namespace ModelService.Api.Tests.Trainings;

/// <summary>
/// What trainings reach on real pictures within a budget of seconds: small forms of the figures in docs/training.md.
/// The bounds leave room for a slow machine; by chance alone, 10 % would be right.
/// </summary>
[Measured]
public sealed class AccuracyTests(TrainingServer server) : IClassFixture<TrainingServer>
{
    // A lesson's network for 28 by 28 pixels.
    private const string Network = """
        { "input": { "channels": 1, "height": 28, "width": 28 }, "layers": [
          { "type": "conv2d", "out_channels": 32, "kernel_size": 3, "padding": 1 }, { "type": "batch_norm2d" },
          { "type": "relu" }, { "type": "max_pool2d", "kernel_size": 2 },
          { "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }, { "type": "batch_norm2d" },
          { "type": "relu" }, { "type": "max_pool2d", "kernel_size": 2 }, { "type": "flatten" },
          { "type": "linear", "out_features": 128 }, { "type": "relu" }, { "type": "dropout", "p": 0.25 },
          { "type": "linear", "out_features": 10 }] }
        """;

    [Fact]
    public async Task Scratch_AllDigits_NamesNearlyAll()
    {
        await UploadAsync("digits", Fixtures.Bytes("digits.zip"));

        await TrainAsync("digits", 15, $$""", "method": "scratch", "from": { "architecture": {{Network}} }""", 0.95);
    }

    [Fact]
    public async Task Scratch_SomeClothes_NamesMost()
    {
        await UploadClothesAsync("clothes", train: 300, test: 50);

        await TrainAsync("clothes", 25, $$""", "method": "scratch", "from": { "architecture": {{Network}} }""", 0.78);
    }

    [Fact]
    public async Task Head_OnThePretrainedBase_NamesMostClothes()
    {
        var listed = (await server.Api.GetAsync("/v1/architectures")).Ok().GetProperty("pretrained");
        Assert.SkipUnless(listed.GetArrayLength() > 0, "The server was built without pretrained weights.");

        // Measuring all test images would take most of the time, which is for training.
        await UploadClothesAsync("few-clothes", train: 50, test: 200);

        await TrainAsync("few-clothes", 60, """, "method": "head", "augment": "none" """, 0.76);
    }

    private async Task UploadClothesAsync(string dataset, int train, int test)
    {
        Assert.SkipUnless(FashionArchive.IsInstalled, "Debian's package dataset-fashion-mnist is not installed.");
        await UploadAsync(dataset, FashionArchive.Create(train, test));
    }

    private async Task UploadAsync(string dataset, byte[] zip)
    {
        using var content = new ByteArrayContent(zip);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        var answer = await server.Api.PostAsync($"/v1/datasets/{dataset}/images", content);
        Assert.Equal(0, answer.Ok(answer.Status).GetProperty("failed").GetInt32());
    }

    private async Task TrainAsync(string dataset, int seconds, string more, double least)
    {
        var body = $$"""{ "dataset": "{{dataset}}", "budget": { "seconds": {{seconds}} } {{more}} }""";
        var run = await server.WaitAsync(await server.StartAsync(dataset, body));

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        var accuracy = run.GetProperty("result").GetProperty("test").GetProperty("accuracy").GetDouble();
        Assert.True(accuracy >= least, $"{accuracy:p1} of the test pictures are right: {run}");
        Assert.InRange(Elapsed(run), 0, seconds * 1.1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{accuracy:p1} in {Elapsed(run):f1} s");
    }

    private static double Elapsed(JsonElement run) =>
        (run.GetProperty("ended").GetDateTimeOffset() - run.GetProperty("started").GetDateTimeOffset()).TotalSeconds;
}
