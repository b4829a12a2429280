using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Evaluations;

/// <summary>Evaluations by HTTP: figures, images, report and comparison.</summary>
public sealed class EvaluationTests(ApiServer server)
{
    private const string Labels = """ "labels":["cat","dog","horse","<script>alert(1)</script>"] """;

    private readonly EvaluationClient client = new(server.Api);
    private readonly string name = $"evaluated-{Guid.NewGuid():N}";

    [Fact]
    public async Task Start_SmallSet_GivesTheFiguresOfItsPredictions()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, $"\"seed\":1,{Labels}"));
        var pictures = await client.UploadAsync(
            name,
            ("test/cat", 12),
            ("test/dog", 9),
            ("test/horse", 20),
            ("train/cat", 3)
        );

        var (path, result) = await client.RunAsync(name, $$"""{"dataset":"{{name}}"}""");

        Assert.Equal(41, result.GetProperty("images").GetInt32());
        var images = (await server.Api.GetAsync($"{path}/images")).Ok().GetProperty("images").EnumerateArray().ToList();
        Assert.Equal(41, images.Count);
        var right = 0;
        foreach (var image in images)
        {
            var file = Path.GetFileName(image.GetProperty("file_name").GetString()!);
            var top = (await server.Api.PredictAsync(name, Bodies.Raw(pictures[file], "image/bmp")))
                .Prediction()
                .GetProperty("top")[0];
            Assert.Equal(top.GetProperty("label").GetString(), image.GetProperty("predicted").GetString());
            Assert.Equal(top.GetProperty("probability").GetDouble(), image.GetProperty("confidence").GetDouble(), 1e-5);
            right += image.GetProperty("predicted").GetString() == image.GetProperty("label").GetString() ? 1 : 0;
        }

        var accuracy = result.GetProperty("accuracy");
        Assert.Equal(right / 41.0, accuracy.GetProperty("value").GetDouble(), 1e-9);
        Assert.InRange(
            accuracy.GetProperty("value").GetDouble(),
            accuracy.GetProperty("low").GetDouble(),
            accuracy.GetProperty("high").GetDouble()
        );
        Assert.Equal(["1", "2", "3"], result.GetProperty("top_k").EnumerateObject().Select(item => item.Name));
        Assert.Equal(
            [12, 9, 20, 0],
            result.GetProperty("classes").EnumerateArray().Select(item => item.GetProperty("support").GetInt32())
        );
        Assert.Equal(15, result.GetProperty("calibration").GetArrayLength());
    }

    [Fact]
    public async Task Images_OfACell_AreThoseThatTheMatrixCounts()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, $"\"seed\":2,{Labels}"));
        await client.UploadAsync(name, ("cat", 20), ("dog", 20));
        var (path, result) = await client.RunAsync(name, $$"""{"dataset":"{{name}}","split":"all"}""");

        string[] labels = ["cat", "dog", "horse", "<script>alert(1)</script>"];
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < 4; column++)
            {
                var query = $"?label={labels[row]}&predicted={Uri.EscapeDataString(labels[column])}&limit=3";
                var (count, seen) = (result.GetProperty("confusion")[row][column].GetInt32(), new HashSet<string>());
                string? cursor = null;
                do
                {
                    var page = (await server.Api.GetAsync($"{path}/images{query}{cursor}")).Ok();
                    Assert.Equal(count, page.GetProperty("count").GetInt32());
                    foreach (var image in page.GetProperty("images").EnumerateArray())
                    {
                        Assert.Equal(labels[column], image.GetProperty("predicted").GetString());
                        Assert.True(seen.Add(image.GetProperty("id").GetString()!));
                    }

                    cursor = page.TryGetProperty("next_cursor", out var next) ? $"&cursor={next}" : null;
                } while (cursor is not null);
                Assert.Equal(count, seen.Count);
            }
        }

        (await server.Api.GetAsync($"{path}/images?label=cta")).Problem(422, "label_invalid");
    }

    [Fact]
    public async Task Report_OfHostileLabels_StandsAloneAndStays()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, $"\"seed\":3,{Labels}"));
        await client.UploadAsync(name, ("cat", 10), ("dog", 10));
        var (path, _) = await client.RunAsync(name, $$"""{"dataset":"{{name}}"}""");

        var report = await server.Api.GetAsync($"{path}/report");
        (await server.Api.DeleteAsync($"/v1/datasets/{name}")).Ok();
        var later = await server.Api.GetAsync($"{path}/report");

        Assert.Equal((200, "text/html"), (report.Status, report.MediaType));
        Assert.Equal(report.Text, later.Text);
        Assert.Contains("data:image/jpeg;base64,", report.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", report.Text, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'", report.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.DoesNotContain("script-src", report.Header("Content-Security-Policy"), StringComparison.Ordinal);
        (await server.Api.GetAsync(path)).Ok();
        (await server.Api.PostAsync(EvaluationClient.PathOf(name), $$"""{"dataset":"{{name}}"}""")).Problem(
            404,
            "dataset_not_found"
        );
    }

    [Theory]
    [InlineData("test", "test/cat", "val/cat", "train/cat")]
    [InlineData("val", "val/cat", "train/cat", "cat")]
    [InlineData("all", "train/cat", "cat", "dog")]
    public async Task Start_NoSplit_TakesTheBestThereIs(string split, params string[] folders)
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        foreach (var folder in folders)
            await client.UploadAsync(name, (folder, 2));

        var path = await client.StartAsync(name, $$"""{"dataset":"{{name}}"}""");

        var ended = await client.WaitAsync(path);
        Assert.Equal(split, ended.GetProperty("split").GetString());
        Assert.Equal(split == "all" ? 6 : 2, ended.GetProperty("images").GetInt32());
    }

    [Fact]
    public async Task Start_OneImage_Works()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        await client.UploadAsync(name, ("dog", 1));

        var (path, result) = await client.RunAsync(name, $$"""{"dataset":"{{name}}","revision":1}""");

        Assert.Equal(1, result.GetProperty("images").GetInt32());
        Assert.Equal(200, (await server.Api.GetAsync($"{path}/report")).Status);
        Assert.Equal(
            path.Split('/')[^1],
            Assert
                .Single(
                    (await server.Api.GetAsync(EvaluationClient.PathOf(name)))
                        .Ok()
                        .GetProperty("evaluations")
                        .EnumerateArray()
                )
                .GetProperty("id")
                .GetString()
        );
    }

    [Fact]
    public async Task Start_ThousandClasses_ListsPairsInsteadOfAMatrix()
    {
        const string Architecture = """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"flatten"},{"type":"linear","out_features":1000}]}
            """;
        await server.Api.CreateAsync(Networks.Model(name, Architecture));
        await client.UploadAsync(name, ("7", 5), ("999", 5));

        var (path, result) = await client.RunAsync(name, $$"""{"dataset":"{{name}}"}""");

        Assert.False(result.TryGetProperty("confusion", out _));
        Assert.Equal(1000, result.GetProperty("classes").GetArrayLength());
        Assert.NotEmpty(result.GetProperty("confused").EnumerateArray());
        Assert.Contains(
            "pairs of classes",
            (await server.Api.GetAsync($"{path}/report")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Start_PurgedImage_IsLeftOutAndTold()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, Labels));
        await client.UploadAsync(name, ("cat", 3));
        var id = (await server.Api.GetAsync($"/v1/datasets/{name}/images"))
            .Ok()
            .GetProperty("images")[1]
            .GetProperty("id")
            .GetString();
        (await server.Api.DeleteAsync($"/v1/datasets/{name}/images/{id}?purge=true")).Ok();

        var (path, result) = await client.RunAsync(name, $$"""{"dataset":"{{name}}","revision":1}""");

        Assert.Equal(2, result.GetProperty("images").GetInt32());
        Assert.Equal(1, result.GetProperty("unusable_count").GetInt32());
        var unusable = Assert.Single(result.GetProperty("unusable").EnumerateArray());
        Assert.Equal(
            (id, "image_not_found"),
            (unusable.GetProperty("id").GetString(), unusable.GetProperty("code").GetString())
        );
        Assert.Contains(
            "1 image could not be scored",
            (await server.Api.GetAsync($"{path}/report")).Text,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Compare_TwoVersions_PutsEachImageInItsPlace()
    {
        await server.Api.CreateAsync(Networks.Tiny(name, $"\"seed\":1,{Labels}"));
        (
            await server.Api.PostAsync(
                $"/v1/models/{name}/versions",
                $$"""{"architecture":{{Networks.TinyArchitecture}},"seed":5,{{Labels}}}"""
            )
        ).Ok(201);
        await client.UploadAsync(name, ("test/cat", 20), ("test/dog", 20), ("train/cat", 3));
        var (first, _) = await client.RunAsync(name, $$"""{"dataset":"{{name}}"}""");
        (await server.Api.GetAsync($"{first}/comparison?with={name}@2")).Problem(404, "evaluation_not_found");
        var (second, _) = await client.RunAsync(name, $$"""{"dataset":"{{name}}"}""", version: 2);
        var (other, _) = await client.RunAsync(name, $$"""{"dataset":"{{name}}","split":"all"}""", version: 2);

        var byVersion = (await server.Api.GetAsync($"{first}/comparison?with={name}@2")).Ok();
        var byId = (await server.Api.GetAsync($"{first}/comparison?with={second.Split('/')[^1]}")).Ok();

        Assert.Equal(byVersion.ToString(), byId.ToString());
        var images = await ImagesAsync(first);
        var others = await ImagesAsync(second);
        (string Right, string Count, bool First, bool Second)[] outcomes =
        [
            ("both", "both_right", true, true),
            ("first", "only_first", true, false),
            ("second", "only_second", false, true),
            ("neither", "both_wrong", false, false),
        ];
        foreach (var outcome in outcomes)
        {
            var expected = images
                .Keys.Where(id => images[id] == outcome.First && others[id] == outcome.Second)
                .ToList();
            Assert.Equal(expected.Count, byId.GetProperty(outcome.Count).GetInt32());
            var page = (await server.Api.GetAsync($"{first}/comparison?with={name}@2&right={outcome.Right}"))
                .Ok()
                .GetProperty("page");
            Assert.Equal(
                expected.Order(),
                page.EnumerateArray().Select(image => image.GetProperty("id").GetString()!).Order()
            );
        }

        Assert.InRange(byId.GetProperty("p_value").GetDouble(), 0, 1);
        (await server.Api.GetAsync($"{first}/comparison?with={other.Split('/')[^1]}")).Problem(
            409,
            "evaluation_conflict"
        );
        (await server.Api.GetAsync($"{first}/comparison?with=x%20y")).Problem(404, "evaluation_not_found");
        (await server.Api.GetAsync($"{first}/comparison")).Problem(400, "malformed_request");
    }

    private async Task<Dictionary<string, bool>> ImagesAsync(string path) =>
        (await server.Api.GetAsync($"{path}/images"))
            .Ok()
            .GetProperty("images")
            .EnumerateArray()
            .ToDictionary(
                image => image.GetProperty("id").GetString()!,
                image => image.GetProperty("label").GetString() == image.GetProperty("predicted").GetString()
            );
}
