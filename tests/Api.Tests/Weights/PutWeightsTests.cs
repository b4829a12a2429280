using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Weights;

/// <summary>Weights into a model that is being served.</summary>
public sealed class PutWeightsTests(WeightsServer server) : IClassFixture<WeightsServer>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly string Trained = WeightsServer.File("lesson", "lesson.pth");

    [Fact]
    public async Task Put_RandomModel_TakesThemInPlaceOnce()
    {
        await RandomAsync("once");

        var model = (await server.PutAsync("once", Trained)).Ok();

        Assert.Equal(
            ("loaded", 1),
            (model.GetProperty("weights").GetString(), model.GetProperty("version").GetInt32())
        );
        Assert.True(model.GetProperty("weights_report").GetProperty("matches").GetBoolean());
        (await server.CreateAsync(WeightsServer.Definition("reference", WeightsServer.LessonArchitecture), Trained)).Ok(
            201
        );
        Assert.Equal(await server.LogitsAsync("reference"), await server.LogitsAsync("once"));
        (await server.PutAsync("once", Trained)).Problem(409, "version_conflict");
        Assert.Empty(server.StagedFiles);
    }

    [Theory]
    [InlineData("lesson/lesson_head7.pth", "weights_mismatch")]
    [InlineData("hostile/os_system.pth", "weights_unreadable")]
    public async Task Put_BadFile_LeavesTheModelAsItWas(string file, string code)
    {
        await RandomAsync("kept");
        var before = await server.LogitsAsync("kept");

        (await server.PutAsync("kept", WeightsServer.File(file))).Problem(422, code);

        Assert.Equal(before, await server.LogitsAsync("kept"));
        Assert.Equal("random", (await server.GetAsync("/v1/models/kept")).Ok().GetProperty("weights").GetString());
        Assert.Empty(server.StagedFiles);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "minus infinity")]
    public async Task Put_WeightsThatAreNoNumbers_AreRefusedAndNamed(float last, string name)
    {
        await RandomAsync("finite");
        var bytes = await File.ReadAllBytesAsync(WeightsServer.File("lesson", "lesson.safetensors"), Token);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - sizeof(float)), last);
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "diverged.safetensors");
        await File.WriteAllBytesAsync(file, bytes, Token);

        foreach (
            var answer in new[]
            {
                await server.CheckAsync("finite", file),
                await server.PutAsync("finite", file),
                await server.CreateAsync(WeightsServer.Definition("new", WeightsServer.LessonArchitecture), file),
            }
        )
        {
            var detail = answer.Problem(422, "weights_unreadable").GetProperty("detail").GetString();
            Assert.Matches($@"Element \d+ of \d+ of '\d\.(weight|bias)' is {name},", detail);
        }

        Assert.Equal("random", (await server.GetAsync("/v1/models/finite")).Ok().GetProperty("weights").GetString());
    }

    [Fact]
    public async Task Put_AllowPartial_LeavesTheHeadAsItWas()
    {
        await RandomAsync("part");

        var model = (
            await server.PutAsync("part", WeightsServer.File("lesson", "lesson_head7.pth"), "?allow_partial=true")
        ).Ok();

        Assert.Equal(["9.weight", "9.bias"], model.Strings("random_tensors"));
        (await server.PutAsync("part", Trained)).Problem(409, "version_conflict");
    }

    [Fact]
    public async Task Put_NoSuchModelOrVersion_IsNotFound()
    {
        await RandomAsync("one");

        (await server.PutAsync("nobody", Trained)).Problem(404, "model_not_found");
        (await server.PutAsync("one", Trained, version: 2)).Problem(404, "version_not_found");
    }

    [Fact]
    public async Task PutAndCheck_Form_IsUnsupported()
    {
        await RandomAsync("form");

        (await server.SendAsync(HttpMethod.Put, "/v1/models/form/versions/1/weights", Form())).Problem(
            415,
            "unsupported_media_type"
        );
        (await server.SendAsync(HttpMethod.Post, "/v1/models/form/weights/check", Form())).Problem(
            415,
            "unsupported_media_type"
        );
    }

    [Fact]
    public async Task Put_WhilePredicting_GivesEachTheOneOrTheOther()
    {
        await RandomAsync("busy");
        var random = await server.LogitsAsync("busy");
        (await server.CreateAsync(WeightsServer.Definition("calm", WeightsServer.LessonArchitecture), Trained)).Ok(201);
        var trained = await server.LogitsAsync("calm");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var seen = await Task.WhenAny(server.LogitsAsync("busy"));
        var clients = Enumerable
            .Range(0, 4)
            .Select(async _ =>
            {
                var answers = new List<float[]>();
                while (!stop.IsCancellationRequested)
                    answers.Add(await server.LogitsAsync("busy"));
                return answers;
            })
            .ToList();

        var puts = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => server.PutAsync("busy", Trained)));
        await stop.CancelAsync();
        var all = (await Task.WhenAll(clients)).SelectMany(answers => answers).Append(await seen).ToList();

        Assert.Equal([200, 409, 409], puts.Select(reply => reply.Status).Order());
        Assert.All(all, logits => Assert.True(logits.SequenceEqual(random) || logits.SequenceEqual(trained)));
        Assert.Equal(trained, await server.LogitsAsync("busy"));
    }

    [Fact]
    public async Task Put_ModelRemovedMeanwhile_LeavesNothing()
    {
        await RandomAsync("removed");

        var put = server.PutAsync("removed", Trained);
        var removal = await server.RemoveAsync("removed");

        Assert.Equal(200, removal.Status);
        Assert.Contains((await put).Status, (int[])[200, 404]);
        (await server.GetAsync("/v1/models/removed")).Problem(404, "model_not_found");
        Assert.Empty(server.StagedFiles);
    }

    private static MultipartFormDataContent Form() =>
        new() { { new ByteArrayContent(File.ReadAllBytes(Trained)), "weights", "w" } };

    private async Task RandomAsync(string name) =>
        Assert.Contains(
            (
                await server.CreateAsync(
                    WeightsServer.Definition(name, WeightsServer.LessonArchitecture, ",\"seed\":3")
                )
            ).Status,
            (int[])[201, 409]
        );
}
