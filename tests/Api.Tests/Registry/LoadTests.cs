using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ModelService.Api.Tests.Support;
using TorchSharp;

namespace ModelService.Api.Tests.Registry;

/// <summary>Versions come and go while many clients are at it.</summary>
[Collection(nameof(Alone))]
public sealed class LoadTests
{
    private const int Clients = 16;

    [Fact]
    public async Task Create_FiftyVersionsWhileClientsPredict_EveryAnswerBelongsToTheVersionItNames()
    {
        const int Versions = 50;
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Numbered("swap", 1));
        using var over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var clients = Enumerable
            .Range(0, Clients)
            .Select(_ => Task.Run(PredictAsync, TestContext.Current.CancellationToken))
            .ToList();

        for (var version = 2; version <= Versions; version++)
        {
            Assert.Equal(
                version,
                (await server.Api.PostAsync("/v1/models/swap/versions", Numbered("swap", version)))
                    .Ok(201)
                    .GetProperty("version")
                    .GetInt32()
            );
        }

        await over.CancelAsync();
        var answers = await Task.WhenAll(clients);

        Assert.All(answers, seen => Assert.Equal(seen.Order(), seen));
        Assert.All(answers, seen => Assert.True(seen.Distinct().Count() > 1));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{answers.Sum(seen => seen.Count)} predictions while {Versions} versions came"
        );

        // The class of the greatest score and the number of classes tell which network computed.
        async Task<List<int>> PredictAsync()
        {
            var seen = new List<int>();
            while (!over.IsCancellationRequested)
            {
                var answer = (await server.Api.PredictAsync("swap", Networks.InputJson())).Ok();
                var version = answer.GetProperty("version").GetInt32();
                Assert.Equal(
                    version + 1,
                    answer.GetProperty("predictions")[0].GetProperty("probabilities").GetArrayLength()
                );
                seen.Add(version);
            }

            return seen;
        }
    }

    [Fact]
    public async Task Send_EverythingAtOnce_GetsOnlyDocumentedAnswersAndEndsConsistent()
    {
        await using var server = new ApiServer();
        var codes = new[]
        {
            "model_not_found",
            "version_not_found",
            "model_exists",
            "version_conflict",
            "model_not_ready",
        };

        await Task.WhenAll(
            Enumerable
                .Range(0, Clients)
                .Select(client =>
                    Task.Run(() => ActAsync(TestSeed.Generator(client)), TestContext.Current.CancellationToken)
                )
        );

        var listed = (await server.Api.GetAsync("/v1/models")).Ok().GetProperty("models").EnumerateArray().ToList();
        foreach (var model in listed)
            await server.Api.RemoveAsync(model.GetProperty("name").GetString()!);
        (await server.Api.GetAsync("/v1/models/same")).Problem(404, "model_not_found");
        await server.Api.CreateAsync(Networks.Tiny("same"));
        Assert.Equal(
            1,
            (await server.Api.PredictAsync("same", Networks.InputJson())).Ok().GetProperty("version").GetInt32()
        );

        async Task ActAsync(Random random)
        {
            for (var step = 0; step < 25; step++)
            {
                var version = random.Next(1, 4);
                var answer = await (
                    random.Next(8) switch
                    {
                        0 or 1 => server.Api.PostAsync("/v1/models", Networks.Tiny("same")),
                        2 => server.Api.PostAsync("/v1/models/same/versions", "{}"),
                        3 => server.Api.PostAsync($"/v1/models/same/versions/{version}/load", ""),
                        4 => server.Api.PostAsync($"/v1/models/same/versions/{version}/unload", ""),
                        5 => server.Api.DeleteAsync($"/v1/models/same/versions/{version}"),
                        6 => random.Next(3) == 0
                            ? server.Api.DeleteAsync("/v1/models/same")
                            : server.Api.GetAsync("/v1/models/same"),
                        _ => server.Api.PredictAsync("same", Networks.InputJson()),
                    }
                );
                if (answer.Status is 200 or 201)
                    continue;
                Assert.Contains(
                    JsonElement.Parse(answer.Text).GetProperty("code").GetString(),
                    answer.Text.Contains("\"/from\"", StringComparison.Ordinal) ? ["definition_invalid"] : codes
                );
            }
        }
    }

    [Measured]
    [Fact]
    public async Task Cycle_CreatePredictReplaceDelete_ReturnsAllTensorsAndMostMemory()
    {
        // TorchSharp counts a module's parameters twice when they are made, and once when they go.
        const int Cycles = 200,
            Settled = 20,
            CountedTwice = 6;
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Wide("stays"));
        using var process = Process.GetCurrentProcess();
        var (tensors, built) = (0L, 0);
        var resident = new List<long>();

        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await server.Api.CreateAsync(Wide("leak"));
            (await server.Api.PredictAsync("leak", Networks.InputJson())).Ok();
            if (cycle % 4 == 0)
            {
                (
                    await server.Api.PostAsync(
                        "/v1/models/leak/versions",
                        new MultipartFormDataContent { { new ByteArrayContent([1, 2, 3]), "weights", "w" } }
                    )
                ).Problem(422, "weights_unreadable");
            }
            else
            {
                (await server.Api.PostAsync("/v1/models/leak/versions", "{}")).Ok(201);
            }

            built += cycle % 4 == 0 ? 1 : 2;
            (await server.Api.PredictAsync("leak", Networks.InputJson())).Ok();
            await server.Api.RemoveAsync("leak");
            process.Refresh();
            resident.Add(process.WorkingSet64);
            if (cycle == Settled)
                (tensors, built) = (torch.Tensor.TotalCount, 0);
        }

        // The medians of twenty cycles: what is in RAM at one moment is off by more than a leak would be.
        var (early, late) = (Median(resident[Settled..(2 * Settled)]), Median(resident[^Settled..]));
        TestContext.Current.TestOutputHelper?.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"resident after {Settled}: {early:N0}, after {Cycles}: {late:N0}; tensors {tensors}, "
                    + $"{torch.Tensor.TotalCount}"
            )
        );
        var left = torch.Tensor.TotalCount - tensors - (built * CountedTwice);
        Assert.True(left <= 0, $"{left} tensors are left over.");
        Assert.True(late < early * 1.1, $"From {early} bytes resident to {late}.");
    }

    private static long Median(IReadOnlyList<long> values) => values.Order().ElementAt(values.Count / 2);

    // A network that tells its version by its number of classes.
    private static string Numbered(string name, int version) =>
        Networks.Model(
            name,
            Networks.TinyArchitecture.Replace(
                "\"out_features\":4",
                $"\"out_features\":{version + 1}",
                StringComparison.Ordinal
            )
        );

    // A megabyte or two of weights.
    // 2.2 million parameters, 8.6 MB.
    private static string Wide(string name) =>
        Networks.Model(
            name,
            """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"conv2d","out_channels":64,"kernel_size":3,"stride":2},{"type":"relu"},
              {"type":"flatten"},{"type":"linear","out_features":150},{"type":"linear","out_features":4}]}
            """
        );
}
