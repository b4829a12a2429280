using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using ModelService.Models.Errors;
using ModelService.Models.Execution;
using static ModelService.Api.Tests.Trainings.TrainingServer;

namespace ModelService.Api.Tests.Trainings;

/// <summary>Trainings and the server around them: settings, other trainings, processes.</summary>
[Waits]
public sealed class TrainingLimitTests
{
    [Fact]
    public async Task Start_ReadOnlyServer_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await using var server = new ApiServer
        {
            Settings = new()
            {
                ["ModelService:Storage:ReadOnly"] = "true",
                ["ModelService:Storage:Path"] = folder.Path,
            },
        };

        var answer = await server.Api.PostAsync("/v1/models/pets/trainings", """{ "dataset": "pets" }""");

        answer.Problem(403, "read_only");
    }

    [Fact]
    public async Task Start_MoreThanMayWait_IsOverloadedAndLeavesTheOthers()
    {
        await using var server = new TrainingServer("--ModelService:Training:MaxQueued=1");
        await server.InitializeAsync();
        await server.UploadAsync("digits", 4, 3, "train");
        var running = await server.StartAsync("one", Body("digits", 100_000));
        await server.WaitForStepsAsync(running);
        var waiting = await server.StartAsync("one", Body("digits", 1));

        var refused = await server.Api.PostAsync("/v1/models/one/trainings", Body("digits", 1));

        var problem = refused.Problem(429, "overloaded");
        Assert.Contains("MaxQueued", problem.ToString(), StringComparison.Ordinal);
        Assert.Contains("modelservice_trainings{state=\"queued\"} 1\n", await MetricsAsync(server));
        (await server.Api.PostAsync($"{running}/cancel?keep=true", Bodies.Json(""))).Ok();
        var (first, second) = (await server.WaitAsync(running), await server.WaitAsync(waiting));

        // Two trainings of one model: each makes a version of its own.
        Assert.Equal(1, first.GetProperty("version").GetInt32());
        Assert.Equal(2, second.GetProperty("version").GetInt32());
        var metrics = await MetricsAsync(server);
        Assert.Contains("modelservice_trainings{state=\"running\"} 0\n", metrics);
        Assert.Contains("modelservice_trainings_ended_total{state=\"succeeded\"} 2\n", metrics);
        Assert.Matches("modelservice_training_images_total{?}? [1-9]", metrics);
        Assert.Matches("modelservice_training_seconds_total{?}? [1-9]", metrics);
    }

    [Fact, Measured]
    public async Task Cancel_Running_EndsTheProcessWithinASecond()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are found in /proc.");
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 30, 3, "train");
        var running = await server.StartAsync("one", Body("digits", 100_000));
        await server.WaitForStepsAsync(running);
        Assert.Single(server.Children());

        var started = TimeProvider.System.GetTimestamp();
        (await server.Api.PostAsync($"{running}/cancel", Bodies.Json(""))).Ok();
        var took = TimeProvider.System.GetElapsedTime(started);

        Assert.Empty(server.Children());
        Assert.InRange(took.TotalSeconds, 0, 1);
    }

    [Fact]
    public async Task Restart_WithoutTrainings_KeepsThemAndLetsThemBeCancelled()
    {
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 30, 3, "train");
        var running = await server.StartAsync("one", Body("digits", 100_000));
        await server.WaitForStepsAsync(running);
        var waiting = await server.StartAsync("one", Body("digits", 1));
        await server.RestartAsync("--ModelService:Training:MaxRunning=0");

        var refused = await server.Api.PostAsync("/v1/models/one/trainings", Body("digits", 1));
        refused.Problem(403, "read_only");
        foreach (var path in (string[])[running, waiting])
        {
            var run = (await server.Api.PostAsync($"{path}/cancel", Bodies.Json(""))).Ok();
            Assert.Equal("cancelled", run.GetProperty("state").GetString());
        }
    }

    [Fact]
    public async Task Run_DataSetDeletedWhileItTrains_StillMakesItsVersion()
    {
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 30, 3, "train");
        await server.WaitAsync(await server.StartAsync("one", Body("digits", 1)));
        var running = await server.StartAsync("one", Body("digits", 100_000));
        await Eventually.GetAsync(
            async () => (await server.Api.GetAsync(running)).Ok(),
            run => run.TryGetProperty("best_so_far", out var best) && best.GetProperty("val_accuracy").GetDouble() > 0.5
        );

        (await server.Api.DeleteAsync("/v1/datasets/digits")).Ok();
        (await server.Api.PostAsync($"{running}/cancel?keep=true", Bodies.Json(""))).Ok();
        var run = await server.WaitAsync(running);

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.False(run.GetProperty("promoted").GetBoolean(), run.ToString());
        Assert.Contains("deleted", run.GetProperty("promoted_reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancel_KeepingWhileTheVersionIsMade_LetsItBeMade()
    {
        var held = new HeldStore();
        await using var server = CreateServer(held.Configure);
        var training = await StartAsync(server);
        await held.Asked;

        (await server.Api.PostAsync($"{training}/cancel?keep=true", Bodies.Json(""))).Ok();
        held.GoOn();
        var run = await WaitAsync(server, training);

        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());
    }

    [Fact]
    public async Task Run_ComparisonFailsAndTheDiskIsFullForAMoment_StillMakesItsVersion()
    {
        var failures = 0;
        await using var server = CreateServer(services =>
            HeldStoreProxy.Configure(
                services,
                () =>
                {
                    if (Interlocked.Decrement(ref failures) >= 0)
                        throw new ServingException(ErrorCode.StorageUnavailable, "The disk is full.");
                }
            )
        );
        await WaitAsync(server, await StartAsync(server));
        (await server.Api.PostAsync("/v1/models/one/versions/1/unload", Bodies.Json(""))).Ok();
        failures = 1; // to store version 2, a number that is not used again

        var run = await WaitAsync(server, await StartAsync(server, epochs: 40)); // so that it is worth a comparison

        Assert.True(run.GetProperty("state").GetString() == "succeeded", run.ToString());
        Assert.Equal(3, run.GetProperty("version").GetInt32());
        Assert.False(run.GetProperty("promoted").GetBoolean());
        var reason = run.GetProperty("promoted_reason").GetString();
        Assert.StartsWith("It could not be compared with version 1: ", reason, StringComparison.Ordinal);
        Assert.True(failures < 0);
    }

    [Fact]
    public async Task Run_ModelDeletedWhileItTrains_IsCancelledAndTheModelStaysDeleted()
    {
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 30, 3, "train");
        await server.WaitAsync(await server.StartAsync("one", Body("digits", 1)));
        await server.WaitAsync(await server.StartAsync("other", Body("digits", 1)));
        var running = await server.StartAsync("one", Body("digits", 100_000));
        var waiting = await server.StartAsync("one", Body("digits", 1));
        var others = await server.StartAsync("other", Body("digits", 1));

        (await server.Api.DeleteAsync("/v1/models/one")).Ok();

        foreach (var path in (string[])[running, waiting])
            Assert.Equal("cancelled", (await server.WaitAsync(path)).GetProperty("state").GetString());
        Assert.Equal("succeeded", (await server.WaitAsync(others)).GetProperty("state").GetString());
        (await server.Api.GetAsync("/v1/models/one")).Problem(404, "model_not_found");
    }

    // A server in the test's process that can train.
    private static ApiServer CreateServer(Action<IServiceCollection> configure) =>
        new()
        {
            Configure = services =>
            {
                configure(services);
                var program = Path.Combine(AppContext.BaseDirectory, "ModelService.Api.dll");
                services.AddSingleton(new ProbeCommand("dotnet", program, ProbeProcess.Argument));
            },
        };

    // Starts a training of the model "one"; returns its path.
    private static async Task<string> StartAsync(ApiServer server, int epochs = 1)
    {
        using var content = new ByteArrayContent(Zip(12, 3, ["train"]));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/zip");
        Assert.InRange((await server.Api.PostAsync("/v1/datasets/digits/images", content)).Status, 200, 201);
        var started = (await server.Api.PostAsync("/v1/models/one/trainings", Body("digits", epochs))).Ok(202);
        return $"/v1/trainings/{started.GetProperty("id").GetString()}";
    }

    private static Task<JsonElement> WaitAsync(ApiServer server, string training) =>
        Eventually.GetAsync(
            async () => (await server.Api.GetAsync(training)).Ok(),
            run => run.GetProperty("state").GetString() is not ("queued" or "running")
        );

    private static Task<string> MetricsAsync(TrainingServer server) =>
        server.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);

    private static string Body(string dataset, int epochs) =>
        Scratch(dataset, epochs, """, "patience": 1000000""")
            .Replace("\"out_features\": 10", "\"out_features\": 3", StringComparison.Ordinal);
}
