using System.Text.Json;
using ModelService.Api.Tests.Evaluations;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Cluster;

/// <summary>Data sets are the same through any of the servers that share a database.</summary>
[Trait("Category", "Attack")]
public sealed class ReplicaDatasetsTests(PostgresServer postgres)
{
    private const string Images = "/v1/datasets/digits/images";

    private static readonly byte[] Digits = Fixtures.Bytes("datasets", "digits.zip");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_ThroughAnyServer_AreAnsweredByAllAtOnce()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(3);
        var uploaded = (await replicas[0].Api.PostAsync(Images, Bodies.Raw(Digits, "application/zip"))).Ok(201);
        Assert.Equal(300, uploaded.GetProperty("added").GetInt32());
        await AllShowAsync(replicas, revision: 1, images: 300);
        var again = (await replicas[1].Api.PostAsync(Images, Bodies.Raw(Digits, "application/zip"))).Ok();
        Assert.Equal(300, again.GetProperty("duplicates").GetInt32());
        (await replicas[2].Api.PostAsync("/v1/datasets", """{"name":"digits"}""")).Problem(409, "dataset_exists");

        // Photos come from any of them, also those of a revision that is not the current one.
        var id = (await replicas[1].Api.GetAsync(Images)).Ok().GetProperty("images")[0].GetProperty("id").GetString();
        var update = Bodies.Json("""{"label":"9","split":"test","group":"g"}""");
        (await replicas[1].Api.SendAsync(HttpMethod.Patch, $"{Images}/{id}", update)).Ok();
        await AllShowAsync(replicas, revision: 2, images: 300);
        var photo = await replicas[0].Api.GetAsync($"{Images}/{id}");
        foreach (var server in replicas.Servers)
        {
            Assert.Equal(photo.Bytes, (await server.Api.GetAsync($"{Images}/{id}?revision=1")).Bytes);
            Assert.Equal(200, (await server.Api.GetAsync($"{Images}/{id}/thumbnail")).Status);
        }

        (await replicas[2].Api.DeleteAsync($"{Images}/{id}?purge=true")).Ok();
        await AllShowAsync(replicas, revision: 3, images: 299);
        foreach (var server in replicas.Servers)
            (await server.Api.GetAsync($"{Images}/{id}?revision=1")).Problem(404, "image_not_found");
        Assert.False(IsIn(replicas.Data, photo.Bytes), "A purged photo is on a disk.");

        // A server that starts with an empty folder has the same.
        await replicas.StartAsync(1);
        await AllShowAsync(replicas, revision: 3, images: 299);
        (await replicas[3].Api.DeleteAsync("/v1/datasets/digits")).Ok();
        foreach (var server in replicas.Servers)
        {
            (await server.Api.GetAsync("/v1/datasets/digits")).Problem(404, "dataset_not_found");
            Assert.Empty((await server.Api.GetAsync("/v1/datasets")).Ok().GetProperty("datasets").EnumerateArray());
        }
    }

    [Fact]
    public async Task Evaluation_OnAnotherServerThanTheUpload_ScoresAllPhotos()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);
        await replicas[0]
            .Api.CreateAsync(Networks.Tiny("pets", "\"seed\":1,\"labels\":[\"cat\",\"dog\",\"cow\",\"owl\"]"));
        var uploads = new EvaluationClient(replicas[0].Api);
        await uploads.UploadAsync("pets", ("test/cat", 5), ("test/dog", 4));
        await uploads.UploadAsync("pets", ("test/owl", 3));

        var (_, result) = await new EvaluationClient(replicas[1].Api).RunAsync("pets", """{"dataset":"pets"}""");

        Assert.Equal(12, result.GetProperty("images").GetInt32());
    }

    [Fact]
    public async Task Uploads_ThroughAllServersAtOnce_AreAllTaken()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 16).Select(i => replicas[i % 2].Api.PostAsync($"{Images}?label={i % 4}", Photo(i)))
        );

        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers, answer => Assert.Contains(answer.Status, new[] { 200, 201 }));
        var revisions = answers.Select(answer => JsonElement.Parse(answer.Text).GetProperty("revision").GetInt32());
        Assert.Equal(Enumerable.Range(1, 16), revisions.Order());
        await AllShowAsync(replicas, revision: 16, images: 16);
    }

    [Fact]
    public async Task Kill_InTheMiddleOfUploads_LosesNothingThatWasAnswered()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);
        var answered = 0;
        var uploads = Enumerable
            .Range(0, 4)
            .Select(async client =>
            {
                for (var i = 0; ; i++)
                {
                    try
                    {
                        var answer = await replicas[0]
                            .Api.PostAsync($"{Images}?label={client}", Photo((client * 100) + i));
                        Assert.Contains(answer.Status, new[] { 200, 201 });
                        Interlocked.Increment(ref answered);
                    }
                    catch (HttpRequestException)
                    {
                        return; // killed
                    }
                }
            })
            .ToList();
        await Eventually.GetAsync(() => Task.FromResult(Volatile.Read(ref answered)), count => count >= 8);

        await replicas.KillAsync(0);

        await Task.WhenAll(uploads);

        // What the killed server had sent to the database is made or not by the time that another change is.
        (await replicas[1].Api.PostAsync($"{Images}?label=1", Photo(1000))).Ok();
        var left = Count(await ShowAsync(replicas[1]));
        Assert.InRange(left, answered + 1, answered + 1 + uploads.Count);
        await replicas.RestartAsync(0);
        await AllShowAsync(replicas, revision: left, images: left);
        var listed = (await replicas[0].Api.GetAsync($"{Images}?limit=1000")).Ok().GetProperty("images");
        foreach (var image in listed.EnumerateArray())
            Assert.Equal(200, (await replicas[0].Api.GetAsync($"{Images}/{image.GetProperty("id")}")).Status);
    }

    [Fact]
    public async Task Database_Away_ReadsGoOnAndChangesAreRefused()
    {
        using var own = new PostgresServer();
        using var replicas = new Replicas(own.CreateDatabase());
        await replicas.StartAsync(2);
        await replicas[0].Api.PostAsync(Images, Bodies.Raw(Digits, "application/zip"));
        var id = (await replicas[1].Api.GetAsync(Images)).Ok().GetProperty("images")[0].GetProperty("id").GetString();
        var update = """{"label":"9"}""";
        (await replicas[1].Api.SendAsync(HttpMethod.Patch, $"{Images}/{id}", Bodies.Json(update))).Ok();

        own.Stop();

        foreach (var server in replicas.Servers)
        {
            await ShowAsync(server);
            await ShowAsync(server, "?revision=1");
            Assert.Equal(200, (await server.Api.GetAsync($"{Images}/{id}")).Status);
            (await server.Api.PostAsync($"{Images}?label=1", Photo(1))).Problem(503, "storage_unavailable");
            (await server.Api.PostAsync("/v1/datasets", """{"name":"pets"}""")).Problem(503, "storage_unavailable");
            (await server.Api.SendAsync(HttpMethod.Patch, $"{Images}/{id}", Bodies.Json("""{"label":"1"}"""))).Problem(
                503,
                "storage_unavailable"
            );
            (await server.Api.DeleteAsync($"{Images}/{id}")).Problem(503, "storage_unavailable");
            (await server.Api.DeleteAsync("/v1/datasets/digits")).Problem(503, "storage_unavailable");
        }

        own.Start();
        await Eventually.GetAsync(
            () => replicas[0].Api.PostAsync($"{Images}?label=1", Photo(1)),
            answer => answer.Status == 200
        );
        await Eventually.GetAsync(() => ShowAsync(replicas[1]), shown => Count(shown) == 301);
    }

    [Fact]
    public async Task Blobs_Away_ReadsWhatIsThereAndRefusesUploads()
    {
        using var replicas = new Replicas(postgres.CreateDatabase());
        await replicas.StartAsync(2);
        await replicas[0].Api.PostAsync($"{Images}?label=1", Photo(1));
        var id = (await replicas[0].Api.GetAsync(Images)).Ok().GetProperty("images")[0].GetProperty("id").GetString();
        var away = $"{replicas.Blobs}-away";
        Directory.Move(replicas.Blobs, away);
        await File.WriteAllTextAsync(replicas.Blobs, "", Token); // no folder can be made there
        try
        {
            await AllShowAsync(replicas, revision: 1, images: 1);
            Assert.Equal(200, (await replicas[0].Api.GetAsync($"{Images}/{id}")).Status); // it took the upload
            var unread = await replicas[1].Api.GetAsync($"{Images}/{id}");
            unread.Problem(503, "dataset_unavailable");
            Assert.NotNull(unread.RetryAfter);
            (await replicas[1].Api.PostAsync($"{Images}?label=1", Photo(2))).Problem(503, "storage_unavailable");
        }
        finally
        {
            File.Delete(replicas.Blobs);
            Directory.Move(away, replicas.Blobs);
        }

        Assert.Equal(Bodies.RandomBmp(1), (await replicas[1].Api.GetAsync($"{Images}/{id}")).Bytes);
        (await replicas[1].Api.PostAsync($"{Images}?label=1", Photo(2))).Ok();
        await AllShowAsync(replicas, revision: 2, images: 2);
    }

    private static HttpContent Photo(int seed) => Bodies.Raw(Bodies.RandomBmp(seed), "image/bmp");

    private static int Count(JsonElement dataset) =>
        dataset.GetProperty("classes").EnumerateArray().Sum(item => item.GetProperty("images").GetInt32());

    private static async Task<JsonElement> ShowAsync(ServerProcess server, string query = "") =>
        (await server.Api.GetAsync($"/v1/datasets/digits{query}")).Ok();

    // Whoever made a change sees it everywhere, with the same problems and in the same order.
    private static async Task AllShowAsync(Replicas replicas, int revision, int images)
    {
        var shown = await Task.WhenAll(replicas.Servers.Select(server => ShowAsync(server)));
        Assert.All(shown, dataset => Assert.Equal(revision, dataset.GetProperty("revision").GetInt32()));
        Assert.All(shown, dataset => Assert.Equal(images, Count(dataset)));
        Assert.Single(shown.Select(dataset => dataset.GetRawText()).Distinct());
        var lists = await Task.WhenAll(
            replicas.Servers.Select(server => server.Api.GetAsync($"{Images}?limit=1000&revision={revision}"))
        );
        Assert.Single(lists.Select(list => list.Ok().GetRawText()).Distinct());
    }

    private static bool IsIn(string folder, byte[] bytes) =>
        Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(path => Path.GetFileName(path) != ".lock")
            .Any(path => File.ReadAllBytes(path).AsSpan().IndexOf(bytes) >= 0);
}
