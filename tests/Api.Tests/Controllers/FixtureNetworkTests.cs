using System.Text.Json;
using System.Text.RegularExpressions;
using ModelService.Api.Tests.Support;
using ModelService.Models.Language.Layers;

namespace ModelService.Api.Tests.Controllers;

/// <summary>
/// The networks of <c>Fixtures/weights</c>, created from each of their weights files and compared with PyTorch's
/// logits: those made of the layers that there are.
/// </summary>
public sealed class FixtureNetworkTests(ApiServer server)
{
    private static readonly JsonElement Manifest = Fixtures.Json("weights", "manifest.json");

    public static IEnumerable<TheoryDataRow<string>> Files =>
        Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Where(item => IsKnown(item.GetProperty("net").GetString()!))
            .Select(item => new TheoryDataRow<string>(item.GetProperty("file").GetString()!));

    [Fact]
    public void Files_Always_AreThoseOfAtLeastTwoNetworks() =>
        Assert.Empty(
            new[] { "lesson/lesson.pth", "residual/residual.safetensors" }.Except(Files.Select(row => row.Data))
        );

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Predict_NetworkFromAWeightsFile_GivesPyTorchsLogits(string file)
    {
        var item = Manifest
            .GetProperty("files")
            .EnumerateArray()
            .Single(item => item.GetProperty("file").GetString() == file);
        var net = item.GetProperty("net").GetString()!;
        using var form = Form($"net-{net}", net, file);

        var creation = await server.Api.PostAsync("/v1/models", form);

        if (creation.Status != 201)
        {
            var code = JsonElement.Parse(creation.Text).GetProperty("code").GetString()!;
            Assert.True(Outcomes(item).Contains(code), creation.Text);
            creation.Problem(422, code);
            return;
        }

        Assert.Contains("ok", Outcomes(item));
        var model = creation.Ok(201);
        Assert.Equal("loaded", model.GetProperty("weights").GetString());
        Assert.Equal(
            Manifest.GetProperty("nets").GetProperty(net).GetProperty("parameters").GetInt64(),
            model.GetProperty("parameters").GetInt64()
        );
        var io = SafetensorsFile.Read(Fixtures.Path("weights", net, "io.safetensors"));
        var shape = io.Shape("input");
        var inputs = io.Floats("input").Chunk((int)(io.Floats("input").Length / shape[0]));

        var answer = await server.Api.PredictAsync($"net-{net}", Bodies.Tensors(shape[1..], inputs), "?scores=logits");

        // 1e-4 on the CPU in float32: what the manifest allows for another order of summation.
        var logits = answer
            .Ok()
            .GetProperty("predictions")
            .EnumerateArray()
            .SelectMany(prediction => prediction.GetProperty("logits").Floats())
            .ToList();
        Numbers.AssertNear(
            io.Floats(item.GetProperty("logits").GetString()!),
            logits,
            Manifest.GetProperty("tolerance").GetDouble()
        );
        await server.Api.RemoveAsync($"net-{net}");
    }

    [Theory]
    [InlineData("lesson/lesson.safetensors")]
    [InlineData("lesson/lesson.pth")]
    public async Task Predict_Photos_GivesWhatPyTorchGives(string file)
    {
        using var form = Form("net-photos", "lesson", file);
        await server.Api.CreateAsync(form);

        foreach (var photo in Manifest.GetProperty("nets").GetProperty("lesson").GetProperty("photos").EnumerateArray())
        {
            var bytes = Fixtures.Bytes(photo.GetProperty("photo").GetString()!.Split('/'));
            var logits = (
                await server.Api.PredictAsync("net-photos", Bodies.Raw(bytes, "image/png"), "?scores=logits")
            ).Prediction();
            var probabilities = (
                await server.Api.PredictAsync("net-photos", Bodies.Raw(bytes, "image/png"))
            ).Prediction();

            // The photos are PNG, so their pixels are PIL's. A resized pixel, however, may be rounded to the next of
            // the 256 levels. Such differences take both signs and average out over the 3072 inputs of the network:
            // 1e-3 leaves ample room.
            Numbers.AssertNear(photo.GetProperty("logits").Floats(), logits.GetProperty("logits").Floats(), 1e-3);
            Numbers.AssertNear(
                photo.GetProperty("probabilities").Floats(),
                probabilities.GetProperty("probabilities").Floats(),
                1e-3
            );
            Assert.Equal(
                Numbers.IndexOfGreatest(photo.GetProperty("probabilities").Floats()),
                probabilities.GetProperty("top")[0].GetProperty("class_index").GetInt32()
            );
        }

        await server.Api.RemoveAsync("net-photos");
    }

    private static MultipartFormDataContent Form(string name, string net, string file) =>
        Bodies.Model(
            Networks.Model(name, Fixtures.Json("weights", net, "architecture.json").GetRawText()),
            Fixtures.Path(["weights", .. file.Split('/')])
        );

    private static bool IsKnown(string net)
    {
        var known = LayerDescription.All.Select(layer => layer.Type).ToHashSet();
        return Regex
            .Matches(Fixtures.Json("weights", net, "architecture.json").GetRawText(), "\"type\": *\"([a-z0-9_]+)\"")
            .All(match => known.Contains(match.Groups[1].Value));
    }

    private static string[] Outcomes(JsonElement item) =>
        [item.GetProperty("expect").GetString()!, .. item.TryGetProperty("or", out var or) ? or.Texts() : []];
}
