using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;
using ModelService.Models.Errors;
using ModelService.Models.Prediction;
using ModelService.Models.Registry;

namespace ModelService.Api.Tests.Embedding;

/// <summary>
/// Model Service inside another application: all of it is there, and nothing of the other has changed.
/// </summary>
public sealed class EmbeddedServerTests
{
    [Fact]
    public async Task Api_UnderAPrefix_IsWhole()
    {
        await using var host = await HostApplication.StartAsync();

        var created = await host.Api.PostAsync("/ml/v1/models", Networks.Tiny("embedded"));
        Assert.Equal("/ml/v1/models/embedded", created.Location!.AbsolutePath);
        created.Ok(201);
        (await host.Api.GetAsync(created.Location.AbsolutePath)).Ok();
        Assert.Equal(
            "embedded",
            (await host.Api.GetAsync("/ml/v2/models/embedded")).Ok().GetProperty("name").GetString()
        );
        Assert.Equal("ready", (await host.Api.GetAsync("/ml/health/ready")).Ok().GetProperty("status").GetString());
        Assert.Contains("modelservice_ready", (await host.Api.GetAsync("/ml/metrics")).Text);
        var document = (await host.Api.GetAsync("/ml/swagger/v1/swagger.json")).Ok();
        Assert.Equal("/ml", document.GetProperty("servers")[0].GetProperty("url").GetString());
        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/models", out _));
        (await host.Api.GetAsync("/ml/v1/models/none")).Problem(404, "model_not_found");
        var nothing = (await host.Api.GetAsync("/ml/nothing")).Problem(404, "not_found");
        Assert.Contains("/ml/swagger lists", nothing.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Console_UnderAPrefix_ComesWithItsFiles()
    {
        await using var host = await HostApplication.StartAsync();

        Assert.Equal("/ml/", (await host.Api.GetAsync("/ml")).Location!.ToString());
        var page = await host.Api.GetAsync("/ml/");
        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        foreach (var file in new[] { "app.js", "lib/api.js", "components/score-bars.js", "styles/base.css" })
        {
            var answer = await host.Api.GetAsync($"/ml/{file}");
            Assert.Equal(200, answer.Status);
            Assert.Equal(
                await File.ReadAllBytesAsync(
                    Repository.Path("src", "Api", "wwwroot", file),
                    TestContext.Current.CancellationToken
                ),
                answer.Bytes
            );
            Assert.StartsWith("default-src 'self'", answer.Header("Content-Security-Policy"));
        }
    }

    [Fact]
    public async Task ClassifyAsync_APhoto_EqualsTheApisScoresBitForBit()
    {
        await using var host = await HostApplication.StartAsync();
        (await host.Api.PostAsync("/ml/v1/models", Networks.Lesson("lesson"))).Ok(201);
        var photo = Fixtures.Bytes("photos", "rocket.jpg");
        var expected = (
            await host.Api.PostAsync("/ml/v1/models/lesson/predict?top_k=10", Bodies.Photo("rocket.jpg"))
        ).Prediction();
        var classifier = host.Services.GetRequiredService<IClassifier>();

        var classification = await classifier.ClassifyAsync(
            "lesson",
            new MemoryStream(photo),
            TestContext.Current.CancellationToken
        );

        Assert.Equal(("lesson", 1), (classification.Model, classification.Version));
        Assert.Equal(
            expected.GetProperty("probabilities").Floats(),
            classification.Classes.OrderBy(item => item.Index).Select(item => item.Probability)
        );
        Assert.Equal(
            expected.GetProperty("top").EnumerateArray().Select(item => item.GetProperty("class_index").GetInt32()),
            classification.Classes.Select(item => item.Index)
        );
        Assert.Equal(classification.Classes[0], classification.Best);
    }

    [Fact]
    public async Task ClassifyAsync_WhatCannotBeUsed_ThrowsItsCode()
    {
        await using var host = await HostApplication.StartAsync(("ModelService:Imaging:MaxBytes", "2000"));
        (await host.Api.PostAsync("/ml/v1/models", Networks.Tiny("tiny"))).Ok(201);
        var classifier = host.Services.GetRequiredService<IClassifier>();

        await FailsAsync("none", [1], ErrorCode.ModelNotFound);
        await FailsAsync("tiny", [1, 2, 3], ErrorCode.ImageUndecodable);
        await FailsAsync("tiny", new byte[2001], ErrorCode.ImageTooLarge);

        async Task FailsAsync(string model, byte[] photo, ErrorCode code)
        {
            var exception = await Assert.ThrowsAsync<ServingException>(() =>
                classifier.ClassifyAsync(model, new MemoryStream(photo), TestContext.Current.CancellationToken)
            );
            Assert.Equal(code, exception.Code);
        }
    }

    [Fact]
    public async Task Application_WithTheService_KeepsItsRoutesJsonAndErrors()
    {
        await using var host = await HostApplication.StartAsync();

        Assert.Equal("""{"someText":"as it is"}""", (await host.Api.GetAsync("/own")).Text);
        using var form = new FormUrlEncodedContent([new("someField", "text")]);
        Assert.Equal("""{"SomeField":"text"}""", (await host.Api.PostAsync("/controlled?unknown=1", form)).Text);
        Assert.Equal((404, ""), await AnswerAsync("/v2"));
        Assert.Equal((401, ""), await AnswerAsync("/secret"));
        Assert.Equal(200, (await host.As("ann").GetAsync("/secret")).Status);
        Assert.DoesNotContain("Content-Security-Policy", (await host.Api.GetAsync("/own")).Headers.Select(h => h.Key));
        Assert.DoesNotContain(host.Paths, path => path?.Contains("v1", StringComparison.Ordinal) == true);
        Assert.Null(host.Services.GetService<ModelCatalog>());

        async Task<(int, string)> AnswerAsync(string path)
        {
            var answer = await host.Api.GetAsync(path);
            return (answer.Status, answer.Text);
        }
    }

    [Fact]
    public async Task MapModelService_WithAPolicy_AsksTheApplicationFirst()
    {
        await using var host = await HostApplication.StartAsync(static endpoint => endpoint.RequireAuthorization());

        var refused = await host.Api.GetAsync("/ml/v1/models");

        Assert.Equal((401, ""), (refused.Status, refused.Text));
        (await host.As("ann").GetAsync("/ml/v1/models")).Ok();
    }

    [Fact]
    public async Task Keys_OfTheService_KnowNoUserOfTheApplication()
    {
        await using var host = await HostApplication.StartAsync([
            .. Keys.Settings.Select(setting => (setting.Key, setting.Value)),
        ]);

        (await host.As("ann").GetAsync("/ml/v1/models")).Problem(401, "unauthenticated");
        (await host.As("ann", "manage").GetAsync("/ml/v1/models")).Ok();
        Assert.Equal(401, (await host.As(user: null, "manage").GetAsync("/secret")).Status);
    }

    [Fact]
    public async Task PostWeights_LargerThanTheApplicationsBodies_IsTaken()
    {
        await using var host = await HostApplication.StartAsync();
        using var body = new MultipartFormDataContent
        {
            { Bodies.Json(Networks.Tiny("large")), "definition" },
            { new ByteArrayContent(new byte[40_000_000]), "weights", "weights.pth" },
        };

        // Kestrel's own limit is 30 MB.
        (await host.Api.PostAsync("/ml/v1/models", body)).Problem(422, "weights_unreadable");
    }

    [Fact]
    public async Task Network_InTheApplication_IsProbedInAProcessOfItsOwn()
    {
        await using var host = await HostApplication.StartAsync();

        (await host.Api.PostAsync("/ml/v1/models", Networks.Tiny("probed"))).Ok(201);

        Assert.Contains(host.Log, line => line.Contains("probed was probed", StringComparison.Ordinal));
        Assert.Contains(host.Log, line => line.EndsWith("the process succeeded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AddModelService_WrongOption_StopsTheApplicationsStart() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() =>
            HostApplication.StartAsync(("ModelService:Limits:MaxInputs", "0"))
        );

    [Fact]
    public void MapModelService_WithoutItsServices_SaysWhatIsMissing()
    {
        var app = WebApplication.CreateSlimBuilder().Build();

        var exception = Assert.Throws<InvalidOperationException>(() => app.MapModelService());

        Assert.Contains("AddModelService", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddModels_WithoutHttp_ClassifiesInAConsole()
    {
        using var folder = new TemporaryFolder();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["ModelService:Storage:Path"] = folder.Path;
        builder.Services.AddModels();
        using var program = builder.Build();
        await program.StartAsync(TestContext.Current.CancellationToken);

        var exception = await Assert.ThrowsAsync<ServingException>(() =>
            program
                .Services.GetRequiredService<IClassifier>()
                .ClassifyAsync("none", new MemoryStream([1]), TestContext.Current.CancellationToken)
        );

        Assert.Equal(ErrorCode.ModelNotFound, exception.Code);
        await program.StopAsync(TestContext.Current.CancellationToken);
    }
}
