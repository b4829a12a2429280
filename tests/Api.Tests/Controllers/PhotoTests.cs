using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Every photo and every bad picture, as their manifests say.</summary>
public sealed class PhotoTests(ApiServer server)
{
    private static readonly Dictionary<string, int> Statuses = new()
    {
        ["ok"] = 200,
        ["malformed_request"] = 400,
        ["image_too_large"] = 413,
        ["unsupported_media_type"] = 415,
        ["image_undecodable"] = 422,
    };

    public static IEnumerable<TheoryDataRow<string, string>> Pictures => Manifest("photos").Concat(Manifest("bad"));

    public static IEnumerable<TheoryDataRow<string, string>> Bad =>
        Manifest("bad").Where(row => !Outcomes(row.Data).Contains("ok"));

    [Theory]
    [MemberData(nameof(Pictures))]
    public async Task Predict_PictureAsTheBody_GivesTheManifestsOutcome(string folder, string file)
    {
        var model = await ModelAsync();

        var answer = await server.Api.PredictAsync(
            model,
            Bodies.Raw(Fixtures.Bytes(folder, file), Item((folder, file)).GetProperty("media_type").GetString())
        );

        var outcomes = Outcomes((folder, file));
        if (outcomes[0] == "ok" && answer.Status == 200)
        {
            Assert.Equal(4, answer.Prediction().GetProperty("probabilities").GetArrayLength());
            return;
        }

        var code = JsonElement.Parse(answer.Text).GetProperty("code").GetString()!;
        Assert.Contains(code, outcomes);
        answer.Problem(Statuses[code], code);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Predict_BadPictureAmongGoodOnes_FailsAlone(string folder, string file)
    {
        var model = await ModelAsync();
        var good = Fixtures.Bytes("photos", "coffee_palette4.png");
        var expected = (await server.Api.PredictAsync(model, Bodies.Raw(good, "image/png")))
            .Prediction()
            .GetProperty("probabilities")
            .Floats();

        var answer = await server.Api.PredictAsync(model, Bodies.Files(good, Fixtures.Bytes(folder, file), good));

        var predictions = answer.Ok().GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(3, predictions.Count);
        Assert.Contains(predictions[1].GetProperty("error").GetProperty("code").GetString(), Outcomes((folder, file)));

        // Alone or in a batch: the same within 1e-5, as the design page promises.
        Numbers.AssertNear(expected, predictions[0].GetProperty("probabilities").Floats(), 1e-5);
        Numbers.AssertNear(expected, predictions[2].GetProperty("probabilities").Floats(), 1e-5);
    }

    private static IEnumerable<TheoryDataRow<string, string>> Manifest(string folder) =>
        Fixtures
            .Json(folder, "manifest.json")
            .GetProperty("files")
            .EnumerateArray()
            .Select(item => new TheoryDataRow<string, string>(folder, item.GetProperty("file").GetString()!));

    private static JsonElement Item((string Folder, string File) picture) =>
        Fixtures
            .Json(picture.Folder, "manifest.json")
            .GetProperty("files")
            .EnumerateArray()
            .Single(item => item.GetProperty("file").GetString() == picture.File);

    private static string[] Outcomes((string Folder, string File) picture)
    {
        var item = Item(picture);
        return [item.GetProperty("expect").GetString()!, .. item.TryGetProperty("or", out var or) ? or.Texts() : []];
    }

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("photos"));
}
