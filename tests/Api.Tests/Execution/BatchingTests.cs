using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Options;
using ModelService.Api.Tests.Support;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Api.Tests.Execution;

/// <summary>Requests that come together are computed together, and none of them notices.</summary>
[Collection(nameof(Alone))]
public sealed class BatchingTests
{
    private const int Inputs = 64;

    [Measured]
    [Fact]
    public async Task Predict_ManyAtOnce_ShareBatches()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Slow("shared"));

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(i => server.Api.PredictAsync("shared", Networks.InputJson(i)))
        );

        var sizes = answers
            .Select(answer => answer.Ok().GetProperty("timing_ms").GetProperty("batch_size").GetInt32())
            .ToList();
        Assert.Contains(sizes, size => size > 1);
        Assert.All(sizes, size => Assert.InRange(size, 1, 8));
    }

    [Measured]
    [Fact]
    public async Task Predict_TooLittleTime_IsOverItsDeadlineAndTheNextIsServed()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Slow("late"));
        var many = Bodies.Tensors(Networks.Shape, Enumerable.Range(0, 32).Select(Networks.Input));

        var late = await server.Api.PredictAsync("late", Header(many, "X-Request-Timeout-Ms", "1"));
        var served = await server.Api.PredictAsync("late", Header(many, "X-Request-Timeout-Ms", "60000"));

        late.Problem(504, "deadline_exceeded");
        served.Ok();
    }

    // Decoding such a picture takes longer than it has, and the network then takes no time.
    [Fact]
    public async Task Predict_DeadlinePassesWhileAPictureIsDecoded_IsOverItsDeadlineEachTime()
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Tiny("late"));
        using var picture = new Image<Rgb24>(3000, 3000);
        using var file = new MemoryStream();
        await picture.SaveAsPngAsync(file, TestContext.Current.CancellationToken);

        for (var i = 0; i < 10; i++)
        {
            var body = Header(Bodies.Images(file.ToArray()), "X-Request-Timeout-Ms", "1");
            (await server.Api.PredictAsync("late", body)).Problem(504, "deadline_exceeded");
        }
    }

    [Measured]
    [Fact]
    public async Task Predict_ServersOwnTimeout_HoldsForEveryRequest()
    {
        await using var server = new ApiServer
        {
            Settings = new() { ["ModelService:Batching:MaxTimeout"] = "00:00:00.001" },
        };
        await server.Api.CreateAsync(Networks.Slow("late"));

        var late = await server.Api.PredictAsync(
            "late",
            Bodies.Tensors(Networks.Shape, Enumerable.Range(0, 32).Select(Networks.Input))
        );

        late.Problem(504, "deadline_exceeded");
    }

    [Theory]
    [InlineData("X-Priority", "urgent")]
    [InlineData("X-Request-Timeout-Ms", "0")]
    [InlineData("X-Request-Timeout-Ms", "-1")]
    [InlineData("X-Request-Timeout-Ms", "soon")]
    [InlineData("X-Request-Timeout-Ms", "99999999999")]
    public async Task Predict_HeaderThatCantBeRead_IsRefusedWithItsName(string header, string value)
    {
        await using var server = new ApiServer();
        await server.Api.CreateAsync(Networks.Tiny("picky"));

        var answer = await server.Api.PredictAsync("picky", Header(Networks.InputJson(), header, value));

        Assert.Contains(
            header,
            answer.Problem(400, "malformed_request").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("InputsLimit", "3", "overloaded", 429)]
    [InlineData("BytesLimit", "1048576", "body_too_large", 413)]
    public async Task Predict_MoreThanMayBeUnderWay_IsRefusedAndCounted(
        string option,
        string value,
        string code,
        int status
    )
    {
        await using var server = new ApiServer
        {
            Settings = new() { [$"ModelService:Batching:{option}"] = value, ["ModelService:Limits:MaxInputs"] = "256" },
        };
        await server.Api.CreateAsync(Networks.Tiny("bounded"));
        string Body(int count) => Bodies.Tensors(Networks.Shape, Enumerable.Range(0, count).Select(Networks.Input));

        (await server.Api.PredictAsync("bounded", Body(100))).Problem(status, code);

        Assert.Contains(
            $$"""modelservice_rejections_total{model="bounded",reason="{{code}}"} 100""",
            (await server.Api.GetAsync("/metrics")).Text,
            StringComparison.Ordinal
        );
        for (var i = 0; i < 5; i++)
            (await server.Api.PredictAsync("bounded", Body(3))).Ok();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    public async Task Start_WeightOutOfRange_IsRefusedWithItsModel(string weight)
    {
        await using var server = new ApiServer { Settings = new() { ["ModelService:Batching:Weights:pets"] = weight } };

        var exception = Assert.Throws<OptionsValidationException>(() => server.Api);

        Assert.Contains($"The weight of 'pets' is {weight}", exception.Message, StringComparison.Ordinal);
    }

    // 16 clients send requests of all sizes and priorities, with tensors or photos, some of them broken, and break off
    // some of the requests.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Predict_RandomTraffic_GivesEachInputTheScoresItGetsAlone(int instances)
    {
        await using var server = new ApiServer
        {
            Settings = new()
            {
                ["ModelService:Compute:Instances"] = $"{instances}",
                ["ModelService:Batching:MaxDelay"] = "00:00:00.002",
                ["ModelService:Limits:MaxInputs"] = "256",
            },
        }.OnSocket();
        await server.Api.CreateAsync(Networks.Tiny("crowd"));
        var alone = new Dictionary<(bool, int), float[]>();
        foreach (var asPhotos in new[] { false, true })
        {
            for (var i = 0; i < Inputs; i++)
            {
                alone[(asPhotos, i)] = (await server.Api.PredictAsync("crowd", Body([i], asPhotos), "?scores=logits"))
                    .Prediction()
                    .GetProperty("logits")
                    .Floats();
            }
        }

        Assert.Equal(2 * Inputs, alone.Values.Select(logits => string.Join(' ', logits)).Distinct().Count());
        using var client = new HttpClient { BaseAddress = server.Api.BaseAddress };
        var (checkedInputs, left, shared) = (0, 0, new ConcurrentBag<int>());

        await Task.WhenAll(
            Enumerable
                .Range(0, 16)
                .Select(number =>
                    Task.Run(async () =>
                    {
                        var random = TestSeed.Generator(number);
                        for (var round = 0; round < 40; round++)
                        {
                            var inputs = Enumerable
                                .Range(0, random.Next(1, 12))
                                .Select(_ => random.Next(10) == 0 ? -1 : random.Next(Inputs))
                                .Append(random.Next(Inputs))
                                .ToList();
                            var asPhotos = random.Next(2) == 0;
                            using var body = Header(
                                Body(inputs, asPhotos),
                                "X-Priority",
                                new[] { "high", "normal", "low" }[random.Next(3)]
                            );
                            using var leaving = new CancellationTokenSource();
                            if (random.Next(4) == 0)
                                leaving.CancelAfter(random.Next(10));
                            try
                            {
                                using var response = await client.PostAsync(
                                    new Uri("/v1/models/crowd/predict?scores=logits", UriKind.Relative),
                                    body,
                                    leaving.Token
                                );
                                var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(leaving.Token));
                                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                                shared.Add(answer.GetProperty("timing_ms").GetProperty("batch_size").GetInt32());
                                var predictions = answer.GetProperty("predictions");
                                Assert.Equal(inputs.Count, predictions.GetArrayLength());
                                for (var i = 0; i < inputs.Count; i++)
                                {
                                    if (inputs[i] < 0)
                                    {
                                        Assert.Equal(
                                            asPhotos ? "image_undecodable" : "input_mismatch",
                                            predictions[i].GetProperty("error").GetProperty("code").GetString()
                                        );
                                    }
                                    else
                                    {
                                        Numbers.AssertNear(
                                            alone[(asPhotos, inputs[i])],
                                            predictions[i].GetProperty("logits").Floats(),
                                            1e-5
                                        );
                                    }
                                }

                                Interlocked.Add(ref checkedInputs, inputs.Count);
                            }
                            catch (OperationCanceledException)
                            {
                                Interlocked.Increment(ref left);
                            }
                        }
                    })
                )
        );

        Assert.True(
            checkedInputs > 1000 && left > 0 && shared.Max() > 1,
            $"{checkedInputs} inputs, {left} left, batches up to {shared.Max()}"
        );

        // Whoever left has left nothing behind: there is room for a queue full.
        (await server.Api.PredictAsync("crowd", Body([.. Enumerable.Repeat(0, 256)], asPhotos: false))).Ok();
    }

    private static HttpContent Header(string json, string name, string value)
    {
        var content = Bodies.Json(json);
        content.Headers.Add(name, value);
        return content;
    }

    private static string Body(List<int> inputs, bool asPhotos) =>
        asPhotos
            ? Bodies.Images(inputs.Select(input => input < 0 ? "no photo"u8.ToArray() : Bodies.RandomBmp(input)))
            : JsonSerializer.Serialize(
                new
                {
                    tensors = inputs.Select(input => new
                    {
                        shape = input < 0 ? [1] : Networks.Shape,
                        data = input < 0 ? [0] : Networks.Input(input),
                    }),
                }
            );
}
