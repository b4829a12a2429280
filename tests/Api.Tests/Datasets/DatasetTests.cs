using System.Net;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Datasets;

/// <summary>Data sets by HTTP, from an archive to its images.</summary>
public sealed class DatasetTests : IAsyncDisposable
{
    private static readonly byte[] Digits = Fixtures.Bytes("datasets", "digits.zip");

    private readonly ApiServer server = new()
    {
        Settings = new()
        {
            ["ModelService:Datasets:MaxUploadBytes"] = "4000000",
            ["ModelService:Datasets:MaxImageBytes"] = "400000",
            ["ModelService:Datasets:MaxDatasets"] = "3",
        },
    };

    private ApiClient Api => server.Api;

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("application/zip")]
    [InlineData("application/octet-stream")]
    [InlineData(null)]
    public async Task Upload_AZipOfDigits_IsADataSetInOneCall(string? mediaType)
    {
        var answer = await Api.PostAsync("/v1/datasets/digits/images", Bodies.Raw(Digits, mediaType));

        var upload = answer.Ok(201);
        Assert.Equal("/v1/datasets/digits", answer.Location!.AbsolutePath);
        Assert.True(upload.GetProperty("created").GetBoolean());
        Assert.Equal((300, 0), (upload.GetProperty("added").GetInt32(), upload.GetProperty("failed").GetInt32()));
        var dataset = (await Api.GetAsync("/v1/datasets/digits")).Ok();
        Assert.Equal(1, dataset.GetProperty("revision").GetInt32());
        Assert.Equal(
            Enumerable.Range(0, 10).Select(digit => $"{digit} 30 25 0 5 0"),
            dataset
                .GetProperty("classes")
                .EnumerateArray()
                .Select(item => string.Join(' ', item.EnumerateObject().Select(property => property.Value.ToString())))
        );
        Assert.DoesNotContain(
            dataset.GetProperty("problems").EnumerateArray(),
            problem => problem.GetProperty("severity").GetString() == "error"
        );
        var listed = Assert.Single((await Api.GetAsync("/v1/datasets")).Ok().GetProperty("datasets").EnumerateArray());
        Assert.Equal(300, listed.GetProperty("images").GetInt32());

        // Once more, nothing is new.
        var again = (await Api.PostAsync("/v1/datasets/digits/images", Bodies.Raw(Digits, mediaType))).Ok();
        Assert.Equal(
            (0, 300, 1),
            (
                again.GetProperty("added").GetInt32(),
                again.GetProperty("duplicates").GetInt32(),
                again.GetProperty("revision").GetInt32()
            )
        );
    }

    [Fact]
    public async Task Upload_AForm_TakesTheFieldNamesAsLabels()
    {
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Bodies.RandomBmp(1)), "cat", "a.bmp" },
            { new ByteArrayContent(Bodies.RandomBmp(2)), "dög 🐕 <script>", "../../b.bmp" },
            { new ByteArrayContent([1, 2, 3]), "cat", "broken.jpg" },
        };

        var upload = (await Api.PostAsync("/v1/datasets/pets/images?group=ada&split=val", form)).Ok(207);

        var failure = Assert.Single(upload.GetProperty("failures").EnumerateArray());
        Assert.Equal("broken.jpg", failure.GetProperty("file_name").GetString());
        Assert.Equal("image_undecodable", failure.GetProperty("code").GetString());
        var images = (await Api.GetAsync("/v1/datasets/pets/images")).Ok().GetProperty("images");
        Assert.Equal(
            ["cat val ada a.bmp 40 40", "dög 🐕 <script> val ada ../../b.bmp 40 40"],
            images
                .EnumerateArray()
                .Select(image =>
                    string.Join(
                        ' ',
                        new[] { "label", "split", "group", "file_name", "width", "height" }.Select(name =>
                            image.GetProperty(name).ToString()
                        )
                    )
                )
        );
    }

    [Fact]
    public async Task Upload_AFormWithAZip_TakesItsFolders()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Digits), "file", "digits.zip" } };

        Assert.Equal(
            300,
            (await Api.PostAsync("/v1/datasets/digits/images", form)).Ok(201).GetProperty("added").GetInt32()
        );
    }

    [Fact]
    public async Task Upload_ABadImage_IsAnErrorLikeAnyOther()
    {
        const string Path = "/v1/datasets/pets/images";
        var bmp = Bodies.RandomBmp(1);
        (await Api.PostAsync(Path, Bodies.Raw(bmp, "image/bmp"))).Problem(422, "label_invalid");
        (await Api.PostAsync($"{Path}?label=", Bodies.Raw(bmp, "image/bmp"))).Problem(422, "label_invalid");
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw([1, 2], "image/bmp"))).Problem(422, "image_undecodable");
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw([], "image/bmp"))).Problem(400, "malformed_request");
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw(Bodies.RandomBmp(1, 400), "image/bmp"))).Problem(
            413,
            "image_too_large"
        );
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw(new byte[4_000_001], "image/bmp"))).Problem(
            413,
            "body_too_large"
        );
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Json("{}"))).Problem(415, "unsupported_media_type");
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw(bmp, "application/zip"))).Problem(
            422,
            "archive_unreadable"
        );
        (await Api.PostAsync($"{Path}?split=tset", Bodies.Raw(bmp, "image/bmp"))).Problem(400, "malformed_request");
        (await Api.PostAsync($"{Path}?label=cat&group=%00", Bodies.Raw(bmp, "image/bmp"))).Problem(
            400,
            "malformed_request"
        );
        (await Api.PostAsync("/v1/datasets/No!/images?label=cat", Bodies.Raw(bmp, "image/bmp"))).Problem(
            400,
            "malformed_request"
        );
        using var text = new MultipartFormDataContent { { new StringContent("cat"), "label" } };
        (await Api.PostAsync(Path, text)).Problem(400, "malformed_request");
        using var empty = new MultipartFormDataContent { { new StringContent(""), "file" } };
        (await Api.PostAsync(Path, empty)).Problem(400, "malformed_request");
        Assert.Empty((await Api.GetAsync("/v1/datasets")).Ok().GetProperty("datasets").EnumerateArray());

        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw(bmp, "image/bmp"))).Ok(201);
        (await Api.PostAsync($"{Path}?label=cat", Bodies.Raw(bmp, "image/bmp"))).Ok();
        (await Api.PostAsync($"{Path}?label=dog", Bodies.Raw(bmp, "image/bmp"))).Problem(409, "image_exists");
    }

    [Fact]
    public async Task Create_WithClasses_RefusesOthersAndBadBodies()
    {
        var answer = await Api.PostAsync("/v1/datasets", """{"name":"pets","classes":["dog","cat"]}""");

        Assert.Equal(
            ["dog", "cat"],
            answer.Ok(201).GetProperty("classes").EnumerateArray().Select(item => item.GetProperty("label").GetString())
        );
        Assert.Equal("/v1/datasets/pets", answer.Location!.AbsolutePath);
        (await Api.PostAsync("/v1/datasets", """{"name":"pets"}""")).Problem(409, "dataset_exists");
        (await Api.PostAsync("/v1/datasets", "{}")).Problem(400, "malformed_request", "/name");
        (await Api.PostAsync("/v1/datasets", """{"name":"../x"}""")).Problem(400, "malformed_request", "/name");
        (await Api.PostAsync("/v1/datasets", """{"nane":"x"}""")).Problem(400, "malformed_request", "/nane");
        (await Api.PostAsync("/v1/datasets", """{"name":"x","classes":[1]}""")).Problem(
            400,
            "malformed_request",
            "/classes/0"
        );
        (await Api.PostAsync("/v1/datasets", """{"name":"x","classes":["a","\u0000"]}""")).Problem(
            422,
            "label_invalid"
        );
        var bird = Bodies.Raw(Bodies.RandomBmp(1), "image/bmp");
        (await Api.PostAsync("/v1/datasets/pets/images?label=bird", bird)).Problem(422, "label_invalid");
        (await Api.PostAsync("/v1/datasets", """{"name":"b"}""")).Ok(201);
        (await Api.PostAsync("/v1/datasets", """{"name":"c"}""")).Ok(201);
        (await Api.PostAsync("/v1/datasets", """{"name":"d"}""")).Problem(413, "dataset_too_large");
    }

    [Fact]
    public async Task List_Pages_AreOfOneRevision()
    {
        (await Api.PostAsync("/v1/datasets/digits/images", Bodies.Raw(Digits, "application/zip"))).Ok(201);
        var path = "/v1/datasets/digits/images?label=3&split=train&limit=10";
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = (await Api.GetAsync(cursor is null ? path : $"{path}&cursor={cursor}")).Ok();
            Assert.Equal(1, page.GetProperty("revision").GetInt32());
            foreach (var image in page.GetProperty("images").EnumerateArray())
            {
                Assert.Equal(
                    ("3", "train"),
                    (image.GetProperty("label").GetString(), image.GetProperty("split").GetString())
                );
                ids.Add(image.GetProperty("id").GetString()!);
            }

            // A removal meanwhile moves no page.
            (await Api.DeleteAsync($"/v1/datasets/digits/images/{ids[^1]}")).Ok();
            cursor = page.TryGetProperty("next_cursor", out var next) ? next.GetString() : null;
        } while (cursor is not null);

        Assert.Equal(25, ids.Distinct().Count());
        Assert.Equal(297, (await Api.GetAsync("/v1/datasets/digits")).Ok().GetProperty("images").GetInt32());
        Assert.Equal(300, (await Api.GetAsync("/v1/datasets/digits?revision=1")).Ok().GetProperty("images").GetInt32());
        (await Api.GetAsync("/v1/datasets/digits?revision=9")).Problem(404, "dataset_not_found");
        (await Api.GetAsync("/v1/datasets/digits/images?cursor=x")).Problem(400, "malformed_request");
        (await Api.GetAsync("/v1/datasets/digits/images?limit=0")).Problem(400, "malformed_request");
        (await Api.GetAsync("/v1/datasets/none/images")).Problem(404, "dataset_not_found");
    }

    [Fact]
    public async Task Image_Sent_IsTheUploadAndCannotDoHarm()
    {
        using var http = server.CreateClient();
        using var form = new MultipartFormDataContent
        {
            { new ByteArrayContent(Fixtures.Bytes("photos", "rocket.jpg")), "räket", "../a;b ü.jpg" },
        };
        var id = (await Api.PostAsync("/v1/datasets/pets/images", form))
            .Ok(201)
            .GetProperty("images")[0]
            .GetProperty("id")
            .GetString()!;

        using var answer = await http.GetAsync($"/v1/datasets/pets/images/{id}", TestContext.Current.CancellationToken);
        Assert.Equal(
            Fixtures.Bytes("photos", "rocket.jpg"),
            await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)
        );
        Assert.Equal("image/jpeg", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal($"\"{id}\"", answer.Headers.ETag!.Tag);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        var disposition = Assert.Single(answer.Content.Headers.GetValues("Content-Disposition"));
        Assert.StartsWith("inline; filename=", disposition, StringComparison.Ordinal);
        Assert.DoesNotContain("..", disposition, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/datasets/pets/images/{id}");
        request.Headers.TryAddWithoutValidation("If-None-Match", $"\"{id}\"");
        using var cached = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotModified, cached.StatusCode);

        using var small = await http.GetAsync(
            $"/v1/datasets/pets/images/{id}/thumbnail?size=64",
            TestContext.Current.CancellationToken
        );
        Assert.Equal("image/jpeg", small.Content.Headers.ContentType!.MediaType);
        var bytes = await small.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.InRange(bytes.Length, 500, 20_000);
        (await Api.GetAsync($"/v1/datasets/pets/images/{id}/thumbnail?size=5")).Problem(400, "malformed_request");
        (await Api.GetAsync("/v1/datasets/pets/images/00")).Problem(404, "image_not_found");
    }

    [Fact]
    public async Task Image_ChangedRemovedAndPurged_MakesRevisions()
    {
        var bmp = Bodies.Raw(Bodies.RandomBmp(1), "image/bmp");
        var upload = (await Api.PostAsync("/v1/datasets/pets/images?label=cat", bmp)).Ok(201);
        var path = $"/v1/datasets/pets/images/{upload.GetProperty("images")[0].GetProperty("id").GetString()}";

        var changed = await PatchAsync(path, """{"label":"dog","split":"test","group":"ada"}""");
        Assert.Equal(2, changed.Ok().GetProperty("revision").GetInt32());
        var image = (await PatchAsync(path, """{"split":null}""")).Ok().GetProperty("image");
        Assert.False(image.TryGetProperty("split", out _));
        Assert.Equal(("dog", "ada"), (image.GetProperty("label").GetString(), image.GetProperty("group").GetString()));
        (await PatchAsync(path, """{"split":"tset"}""")).Problem(400, "malformed_request", "/split");
        (await PatchAsync(path, "{}")).Problem(400, "malformed_request");
        (await PatchAsync(path, """{"lable":"dog"}""")).Problem(400, "malformed_request", "/lable");
        (await PatchAsync(path, """{"label":""}""")).Problem(422, "label_invalid");
        (await PatchAsync(path + "0", """{"label":"dog"}""")).Problem(404, "image_not_found");

        Assert.Equal(4, (await Api.DeleteAsync(path)).Ok().GetProperty("revision").GetInt32());
        (await Api.GetAsync(path)).Problem(404, "image_not_found");
        Assert.Equal(200, (await Api.GetAsync(path + "?revision=1")).Status);
        (await Api.DeleteAsync(path)).Problem(404, "image_not_found");
        (await Api.DeleteAsync(path + "?purge=true")).Ok();
        (await Api.GetAsync(path + "?revision=1")).Problem(404, "image_not_found");
        (await Api.GetAsync(path + "/thumbnail?revision=1")).Problem(404, "image_not_found");
        var listed = (await Api.GetAsync("/v1/datasets/pets/images?revision=1")).Ok().GetProperty("images")[0];
        Assert.True(listed.GetProperty("purged").GetBoolean());
        Assert.True((await Api.DeleteAsync("/v1/datasets/pets")).Ok().GetProperty("bytes_freed").GetInt64() > 0);
        (await Api.DeleteAsync("/v1/datasets/pets")).Problem(404, "dataset_not_found");
    }

    [Fact]
    public async Task Server_ThatOnlyReads_RefusesChanges()
    {
        await using var reading = new ApiServer { Settings = new() { ["ModelService:Storage:ReadOnly"] = "true" } };

        (await reading.Api.PostAsync("/v1/datasets", """{"name":"pets"}""")).Problem(403, "read_only");
        (await reading.Api.PostAsync("/v1/datasets/pets/images", Bodies.Raw(Digits, null))).Problem(403, "read_only");
        (await reading.Api.GetAsync("/v1/datasets")).Ok();
    }

    private Task<Answer> PatchAsync(string path, string json) =>
        Api.SendAsync(HttpMethod.Patch, path, Bodies.Json(json));
}
