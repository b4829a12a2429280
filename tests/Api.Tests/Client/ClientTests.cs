using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using ModelService.Client;

namespace ModelService.Api.Tests.Client;

/// <summary>The client against the server: its scores are those of the API bit for bit.</summary>
public sealed class ClientTests(ApiServer server)
{
    private static readonly JsonSerializerOptions Snake = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Fact]
    public async Task Architectures_All_CanBeRead()
    {
        var client = new ModelServiceClient(server.CreateClient());
        var stop = TestContext.Current.CancellationToken;

        foreach (var name in (await client.Architectures.ListAsync(stop)).Architectures)
            Assert.Equal(name, (await client.Architectures.GetAsync(name, stop)).Name);
    }

    [Fact]
    public async Task PredictAsync_EachKindOfUpload_EqualsTheApisScores()
    {
        await server.Api.EnsureAsync(Networks.Tiny("client"));
        var client = new ModelServiceClient(server.CreateClient());
        var photo = Bodies.RandomBmp(1);
        using var file = new TemporaryFolder();
        var path = Path.Combine(file.Path, "photo.bmp");
        await File.WriteAllBytesAsync(path, photo, TestContext.Current.CancellationToken);
        var expected = (await server.Api.PredictAsync("client", Bodies.Images(photo)))
            .Prediction()
            .GetProperty("probabilities")
            .Floats();

        foreach (
            var upload in new[]
            {
                Upload.FromBytes(photo),
                Upload.FromFile(path),
                Upload.FromStream(new MemoryStream(photo)),
            }
        )
        {
            var answer = await client.PredictAsync(
                "client",
                upload,
                new PredictOptions
                {
                    TopK = 2,
                    Version = 1,
                    Priority = RequestPriority.High,
                },
                TestContext.Current.CancellationToken
            );

            var prediction = Assert.Single(answer.Predictions);
            Assert.Equal(expected, prediction.Probabilities);
            Assert.Equal(2, prediction.Top!.Count);
        }

        var together = await client.PredictAsync(
            "client",
            [Upload.FromFile(path), Upload.FromBytes(photo, "second.bmp")],
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Equal(["photo.bmp", "second.bmp"], together.Predictions.Select(prediction => prediction.File));
        Assert.All(together.Predictions, prediction => Assert.Equal(expected, prediction.Probabilities));
    }

    [Fact]
    public async Task Routes_SetAndEnded_AreTyped()
    {
        var client = new ModelServiceClient(server.CreateClient());
        var cancellation = TestContext.Current.CancellationToken;
        await server.Api.CreateAsync(Networks.Tiny("client-routes"));
        (await server.Api.PostAsync("/v1/models/client-routes/versions", "{}")).Ok(201);

        var set = await client.Models.UpdateAsync(
            "client-routes",
            new ModelUpdateBody
            {
                Routes = new Dictionary<int, int> { [1] = 0, [2] = 100 },
                DefaultVersion = 1,
                Stop = new StopConditions { MaxDrift = 0.5 },
            },
            cancellation
        );
        var answer = await client.PredictAsync(
            "client-routes",
            Upload.FromBytes(Bodies.RandomBmp(1)),
            new PredictOptions { Client = "ann" },
            cancellation
        );
        var ended = await client.Models.UpdateAsync(
            "client-routes",
            new ModelUpdateBody { DefaultVersion = 1 },
            cancellation
        );

        Assert.Equal(new Dictionary<int, int> { [1] = 0, [2] = 100 }, set.Routes);
        Assert.Equal((1, 0.5, 100), (set.Canary!.Stable, set.Canary.Stop.MaxDrift, set.Canary.Stop.MinRequests));
        Assert.Equal([0, 100], set.Canary.Versions.Select(version => version.PercentNow));
        Assert.Equal(2, answer.Version);
        Assert.Null(ended.Routes);
        await client.Models.DeleteAsync("client-routes", cancellation);
    }

    [Fact]
    public async Task Models_LifeOfOne_IsTypedThroughout()
    {
        var client = new ModelServiceClient(server.CreateClient());
        var cancellation = TestContext.Current.CancellationToken;
        var architecture = JsonSerializer.Deserialize<ArchitectureDefinition>(
            Fixtures.Json("weights", "lesson", "architecture.json"),
            Snake
        )!;

        var made = await client.Models.CreateAsync(
            new ModelDefinition
            {
                Name = "client-life",
                Architecture = architecture,
                Preprocessing = "unit",
            },
            Upload.FromFile(Repository.Path("tests", "Fixtures", "weights", "lesson", "lesson.pth")),
            cancellationToken: cancellation
        );

        Assert.Equal((WeightsState.Loaded, VersionState.Ready), (made.Weights, made.State));
        Assert.Contains(
            "client-life",
            (await client.Models.ListAsync(cancellation)).Models.Select(model => model.Name)
        );
        var next = await client.Models.CreateVersionAsync(
            "client-life",
            new VersionDefinition { Seed = 2 },
            cancellationToken: cancellation
        );
        Assert.Equal(2, next.Version);
        var pinned = await client.Models.UpdateAsync(
            "client-life",
            new ModelUpdateBody { DefaultVersion = 1 },
            cancellation
        );
        Assert.Equal((1, true), (pinned.Serving.Version, pinned.Serving.Pinned));
        await using var weights = await client.Weights.DownloadAsync("client-life", 1, cancellation);
        Assert.NotEqual(-1, weights.ReadByte());
        Assert.Equal("client-life", (await client.Models.DeleteAsync("client-life", cancellation)).Model);
        var error = await Assert.ThrowsAsync<ModelServiceException>(() =>
            client.Models.GetAsync("client-life", cancellation)
        );
        Assert.Equal((HttpStatusCode.NotFound, "model_not_found"), (error.Status, error.Code));
        Assert.NotNull(error.Error!.TraceId);
    }

    [Fact]
    public async Task InferAsync_OverRest_EqualsTheApisScores()
    {
        await server.Api.EnsureAsync(Networks.Tiny("client-oip"));

        await InferAsync(new RestInferenceClient(server.CreateClient()), "client-oip");
    }

    [Fact]
    public async Task InferAsync_OverGrpc_EqualsTheApisScores()
    {
        using var data = new TemporaryFolder();
        using var own = await ServerProcess.StartAsync(data.Path, "--Kestrel:EndpointDefaults:Protocols=Http2");
        own.Http.DefaultRequestVersion = HttpVersion.Version20;
        own.Http.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await own.Api.CreateAsync(Networks.Tiny("client-oip"));
        await server.Api.EnsureAsync(Networks.Tiny("client-oip"));
        using var client = new GrpcInferenceClient(own.Api.BaseAddress);

        await InferAsync(client, "client-oip");
    }

    [Fact]
    public async Task PredictAsync_ServerThatIsBusy_IsAskedAgainAfterRetryAfter()
    {
        var handler = new BusyHandler();
        var client = CreateClient(handler);

        var answer = await client.PredictAsync(
            "any",
            Upload.FromBytes(new byte[3]),
            cancellationToken: TestContext.Current.CancellationToken
        );

        Assert.Equal(("any", 3), (answer.Model, handler.Bodies.Count));
        Assert.All(handler.Bodies, body => Assert.Equal(3, body.Length));
        Assert.True(handler.Waited >= TimeSpan.FromSeconds(0.9), $"{handler.Waited}");
    }

    [Fact]
    public async Task PredictAsync_StreamThatIsSpent_IsNotSentAgain()
    {
        var handler = new BusyHandler();

        var error = await Assert.ThrowsAsync<ModelServiceException>(() =>
            CreateClient(handler)
                .PredictAsync(
                    "any",
                    Upload.FromStream(new MemoryStream(new byte[3])),
                    cancellationToken: TestContext.Current.CancellationToken
                )
        );

        Assert.Equal((HttpStatusCode.TooManyRequests, "overloaded"), (error.Status, error.Code));
        Assert.Equal(TimeSpan.FromSeconds(1), error.RetryAfter);
        Assert.Single(handler.Bodies);
    }

    private static ModelServiceClient CreateClient(HttpMessageHandler handler) =>
        new ServiceCollection()
            .ConfigureHttpClientDefaults(defaults => defaults.ConfigurePrimaryHttpMessageHandler(() => handler))
            .AddModelServiceClient(options => options.Address = new Uri("http://any/ml"))
            .BuildServiceProvider()
            .GetRequiredService<ModelServiceClient>();

    private async Task InferAsync(IInferenceClient client, string model)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var expected = (await server.Api.PredictAsync(model, Networks.InputJson(), "?scores=logits"))
            .Prediction()
            .GetProperty("logits")
            .Floats();
        Assert.True(await client.IsReadyAsync(cancellation));
        Assert.True(await client.IsModelReadyAsync(model, cancellationToken: cancellation));
        Assert.False(await client.IsModelReadyAsync("nobody", cancellationToken: cancellation));
        Assert.Equal("model-service", (await client.GetServerAsync(cancellation)).Name);
        Assert.Equal(
            ["image", "input"],
            (await client.GetModelAsync(model, "1", cancellation)).Inputs.Select(input => input.Name)
        );

        var result = await client.InferAsync(
            new InferenceRequest(model, InferenceInput.FromFloats("input", [1, 3, 32, 32], Networks.Input()))
            {
                Id = "mine",
                Timeout = TimeSpan.FromMinutes(1),
            },
            cancellation
        );
        var best = await client.InferAsync(
            new InferenceRequest(model, InferenceInput.FromBytes("image", Bodies.RandomBmp(1)))
            {
                Outputs = ["probabilities"],
                Classification = 2,
            },
            cancellation
        );

        Assert.Equal("mine", result.Id);
        Assert.Equal(expected, result["logits"].ToFloats());
        Assert.Equal(2, best["probabilities"].ToStrings().Count);
        var error = await Assert.ThrowsAsync<ModelServiceException>(() =>
            client.InferAsync(
                new InferenceRequest("nobody", InferenceInput.FromBytes("image", new byte[1])),
                cancellation
            )
        );
        Assert.Equal(HttpStatusCode.NotFound, error.Status);
    }

    // Refuses two requests, and answers the third.
    private sealed class BusyHandler : HttpMessageHandler
    {
        private readonly System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();

        public List<byte[]> Bodies { get; } = [];

        public TimeSpan Waited { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Assert.Equal("/ml/v1/models/any/predict", request.RequestUri!.AbsolutePath);
            Bodies.Add(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            Waited = watch.Elapsed;
            var answer = new HttpResponseMessage(Bodies.Count < 3 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK);
            if (Bodies.Count < 3)
            {
                answer.Headers.Add("Retry-After", Bodies.Count == 1 ? "1" : "0");
                answer.Content = new StringContent(
                    """
                    {"type":"about:blank","title":"Too Many Requests","status":429,"code":"overloaded",
                     "detail":"Too much is waiting.","trace_id":"1"}
                    """,
                    System.Text.Encoding.UTF8,
                    "application/problem+json"
                );
                return answer;
            }

            answer.Content = new StringContent(
                """
                {"model":"any","version":1,"weights":"loaded","predictions":[],
                 "timing_ms":{"decode":1,"queue":0,"inference":1,"batch_size":1}}
                """,
                System.Text.Encoding.UTF8,
                "application/json"
            );
            return answer;
        }
    }
}
