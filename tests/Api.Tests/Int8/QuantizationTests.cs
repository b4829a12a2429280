using System.Numerics.Tensors;
using ModelService.Api.Tests.Support;
using ModelService.Api.Tests.Trainings;
using NetVips;

namespace ModelService.Api.Tests.Int8;

/// <summary>A trained network is quantized with images of its data set, and keeps its accuracy.</summary>
[Waits]
public sealed class QuantizationTests(TrainingServer server) : IClassFixture<TrainingServer>
{
    // 180 test images: one of them is 0.56 points.
    private const double HalfAPoint = 0.0056;

    // Its second convolution has most of the arithmetic, enough to be worth integers.
    private const string Network = """
        { "input": { "channels": 1, "height": 32, "width": 32 }, "layers": [
          { "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }, { "type": "batch_norm2d" },
          { "type": "relu" },
          { "type": "conv2d", "out_channels": 64, "kernel_size": 3, "padding": 1 }, { "type": "relu" },
          { "type": "max_pool2d", "kernel_size": 4 }, { "type": "flatten" },
          { "type": "linear", "out_features": 10 }] }
        """;

    [Fact]
    public async Task Quantize_TrainedNetwork_KeepsItsAccuracyAlsoAfterARestart()
    {
        await server.UploadAsync("digits", 60, 10, "train,test");
        var run = await server.WaitAsync(
            await server.StartAsync(
                "lesson",
                $$"""
                { "dataset": "digits", "method": "scratch", "budget": { "epochs": 5 }, "batch_size": 32,
                  "from": { "architecture": {{Network}} } }
                """
            )
        );
        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.GetRawText());

        var answer = await server.Api.PostAsync(
            "/v1/models/lesson/versions/1/quantize?dataset=digits&images=100&min_agreement=0.9",
            Bodies.Json("")
        );

        var made = answer.Ok(201);
        Assert.EndsWith("/v1/models/lesson/versions/2", answer.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal("int8", made.GetProperty("precision").GetString());
        Assert.Equal("lesson@1", made.GetProperty("lineage").GetProperty("from").GetString());
        var report = made.GetProperty("quantization");
        Assert.Equal(80, report.GetProperty("images").GetInt32());
        Assert.Equal(20, report.GetProperty("held_out").GetInt32());
        Assert.InRange(report.GetProperty("top1_agreement").GetDouble(), 0.9, 1);
        Assert.Equal(
            ["0", "3", "7"],
            report.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("layer").GetString()!)
        );
        var (before, after) = (await AccuracyAsync(1), await AccuracyAsync(2));
        Assert.InRange(after, before - HalfAPoint, 1);

        // Nothing is calibrated again: the scores are the same to the last bit.
        var scores = await ScoresAsync();
        await server.RestartAsync();
        Assert.Equal(scores, await ScoresAsync());
        Assert.Equal(
            report.ToString(),
            (await server.Api.GetAsync("/v1/models/lesson/versions/2")).Ok().GetProperty("quantization").ToString()
        );

        // What can't be quantized makes nothing.
        (
            await server.Api.PostAsync(
                "/v1/models/lesson/versions/1/quantize?dataset=digits&max_probability_change=0",
                Bodies.Json("")
            )
        ).Problem(422, "quantization_rejected");
        (await server.Api.PostAsync("/v1/models/lesson/versions/2/quantize?dataset=digits", Bodies.Json(""))).Problem(
            422,
            "quantization_rejected"
        );
        (await server.Api.PostAsync("/v1/models/lesson/versions/1/quantize?dataset=none", Bodies.Json(""))).Problem(
            404,
            "dataset_not_found"
        );
        var image = Convert.ToBase64String(Fixtures.Bytes("photos", "chelsea.jpg"));
        (
            await server.Api.PostAsync(
                "/v1/models/lesson/versions/1/quantize?dataset=digits",
                $$"""{ "images": ["{{image}}"] }"""
            )
        ).Problem(400, "malformed_request");
        var alike = string.Join(", ", Enumerable.Repeat($"\"{image}\"", 24));
        foreach (var images in new[] { $"\"{image}\"", alike })
        {
            var problem = (
                await server.Api.PostAsync("/v1/models/lesson/versions/1/quantize", $$"""{ "images": [{{images}}] }""")
            ).Problem(422, "quantization_rejected");
            Assert.Contains("20", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        var versions = (await server.Api.GetAsync("/v1/models/lesson/versions")).Ok().GetProperty("versions");
        Assert.Equal(2, versions.GetArrayLength());
    }

    // Calibrated with parts of three photos, and measured with two others, against ONNX Runtime in float32.
    [Fact]
    public async Task Quantize_PretrainedNetwork_KeepsTheDirectionOfItsFeatures()
    {
        // A head that leaves its input as it is answers with the features.
        (
            await server.Api.PostAsync(
                "/v1/models",
                """{"name":"features","base":"resnet18_mlnet","pretrained":true,"head":[{"type":"identity"}]}"""
            )
        ).Ok(201);
        var parts = new[] { "astronaut.png", "chelsea.png", "clock_gray.png" }.SelectMany(Parts);

        var made = await server.Api.PostAsync(
            $"/v1/models/features/versions/1/quantize?{Quantizations.Loose}",
            Bodies.Files(parts)
        );

        var layers = made.Ok(201).GetProperty("quantization").GetProperty("layers").EnumerateArray();
        Assert.True(layers.Count(layer => layer.GetProperty("precision").GetString() == "int8") > 10);
        foreach (var photo in new[] { "coffee.png", "rocket.png" })
        {
            var expected = Fixtures.Json("pretrained", "features.json").GetProperty(photo).Floats();
            var answer = await server.Api.PredictAsync(
                "features",
                Bodies.Raw(Fixtures.Bytes("photos", photo), "image/png"),
                "?scores=logits"
            );
            var found = answer.Prediction().GetProperty("logits").Floats();
            Assert.InRange(TensorPrimitives.CosineSimilarity(expected, found), 0.995, 0.999999);
        }
    }

    // Its operators take microseconds in float32, less than a call of oneDNN.
    [Fact]
    public async Task Quantize_SmallNetwork_IsRefusedSinceItWouldBeSlower()
    {
        await Quantizations.PrepareAsync(server.Api, "small", TrainingServer.Network);

        var answer = await server.Api.PostAsync(
            $"/v1/models/small/versions/1/quantize?dataset=digits&{Quantizations.Loose}",
            Bodies.Json("")
        );

        var detail = answer.Problem(422, "quantization_rejected").GetProperty("detail").GetString();
        Assert.Contains("slower", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quantize_RandomWeights_IsRefused()
    {
        var body = $$"""{ "name": "random", "architecture": {{TrainingServer.Network}} }""";
        (await server.Api.PostAsync("/v1/models", body)).Ok(201);
        await server.UploadAsync("some", 3);

        var answer = await server.Api.PostAsync("/v1/models/random/versions/1/quantize?dataset=some", Bodies.Json(""));

        answer.Problem(422, "quantization_rejected");
        var direct = await server.Api.PostAsync(
            "/v1/models",
            $$"""{ "name": "direct", "precision": "int8", "architecture": {{TrainingServer.Network}} }"""
        );
        var problem = direct.Problem(422, "definition_invalid");
        Assert.Equal("/precision", problem.GetProperty("errors")[0].GetProperty("pointer").GetString());
    }

    private static IEnumerable<byte[]> Parts(string photo)
    {
        using var whole = Image.NewFromBuffer(Fixtures.Bytes("photos", photo));
        var (width, height) = (whole.Width / 2, whole.Height / 2);
        for (var part = 0; part < 8; part++)
        {
            using var cut = whole.Crop(part % 4 * width / 3, part / 4 * height, width, height);
            yield return cut.WriteToBuffer(".png");
        }
    }

    private async Task<double> AccuracyAsync(int version)
    {
        var started = await server.Api.PostAsync(
            $"/v1/models/lesson/versions/{version}/evaluations",
            """{ "dataset": "digits", "split": "test" }"""
        );
        started.Ok(202);
        var path = started.Location!.IsAbsoluteUri ? started.Location.AbsolutePath : started.Location.OriginalString;
        var done = await Eventually.GetAsync(
            async () => (await server.Api.GetAsync(path)).Ok(),
            evaluation => evaluation.GetProperty("state").GetString() is "succeeded" or "failed"
        );
        return done.GetProperty("result").GetProperty("accuracy").GetProperty("value").GetDouble();
    }

    private async Task<string> ScoresAsync()
    {
        var image = Convert.ToBase64String(Fixtures.Bytes("photos", "chelsea.jpg"));
        var answer = await server.Api.PostAsync(
            "/v1/models/lesson/versions/2/predict?scores=logits",
            $$"""{ "images": ["{{image}}"] }"""
        );
        return answer.Ok().GetProperty("predictions").ToString();
    }
}
