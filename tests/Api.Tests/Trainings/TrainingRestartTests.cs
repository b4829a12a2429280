using static ModelService.Api.Tests.Trainings.TrainingServer;

namespace ModelService.Api.Tests.Trainings;

/// <summary>Trainings outlast the server.</summary>
[Waits]
public sealed class TrainingRestartTests
{
    [Fact]
    public async Task Kill_InTheMiddle_GoesOnToTheSameBits()
    {
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 40);
        var undisturbed = await server.StartAsync("first", Scratch("digits", 40));
        await server.WaitAsync(undisturbed);
        var killed = await server.StartAsync("second", Scratch("digits", 40));
        var waiting = await server.StartAsync("third", Scratch("digits", 1));
        for (var kill = 0; kill < 2; kill++)
        {
            await server.WaitForStepsAsync(killed);
            await Task.Delay(1500 * (kill + 1), TestContext.Current.CancellationToken);
            await server.RestartAsync();
        }

        var run = await server.WaitAsync(killed);

        Assert.Equal("succeeded", run.GetProperty("state").GetString());
        Assert.True(run.GetProperty("resumed").GetInt32() >= 1, run.ToString());
        Assert.Equal("succeeded", (await server.WaitAsync(waiting)).GetProperty("state").GetString());

        // The epochs tell where a difference begins, the bits are what is promised.
        Assert.Equal(await EpochsAsync(server, undisturbed), await EpochsAsync(server, killed));
        Assert.Equal(await WeightsAsync(server, "first"), await WeightsAsync(server, "second"));
    }

    [Fact, Measured]
    public async Task Stop_WhileAClientFollows_DoesNotWaitForIt()
    {
        await using var server = new TrainingServer();
        await server.InitializeAsync();
        await server.UploadAsync("digits", 20);
        var training = await server.StartAsync("long", Scratch("digits", 100_000));
        using var events = await server.Http.GetAsync(
            $"{training}/events",
            HttpCompletionOption.ResponseHeadersRead,
            TestContext.Current.CancellationToken
        );
        var began = TimeProvider.System.GetTimestamp();

        await server.StopAsync();

        // By default, requests have 30 seconds to end.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began).TotalSeconds, 0, 20);
        await Assert.ThrowsAnyAsync<Exception>(() =>
            events.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)
        );
    }

    // An epoch is told again by a process that goes on from before it, then with the same numbers.
    private static async Task<IEnumerable<string>> EpochsAsync(TrainingServer server, string training) =>
        (await server.Api.GetAsync($"{training}/history"))
            .Ok()
            .GetProperty("epochs")
            .EnumerateArray()
            .Select(epoch => $"{epoch.GetProperty("epoch")}: {epoch.GetProperty("val_loss")}")
            .Distinct();

    private static async Task<byte[]> WeightsAsync(TrainingServer server, string model)
    {
        var path = $"/v1/models/{model}/versions/1/weights";
        var file = await server.Http.GetByteArrayAsync(path, TestContext.Current.CancellationToken);
        return SafetensorsFile.WithoutMetadata(file);
    }
}
