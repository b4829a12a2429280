using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using ModelService.Api.Tests.Support;
using ModelService.Models.Registry;
using Serilog.Core;
using Serilog.Events;
using static TorchSharp.torch;

namespace ModelService.Api.Tests.Protection;

/// <summary>A thousand clients over real sockets, of which most leave at some point of their request.</summary>
[Collection(nameof(Alone))]
public sealed class LeavingClientsTests(ITestOutputHelper output)
{
    private const int Clients = 1_000;
    private const int AtOnce = 50;
    private const int InputsLimit = 128;

    private static readonly string[] AtRest = ["modelservice_predictions_active", "modelservice_queue_length"];

    // Where a client leaves.
    private enum Leaving
    {
        WhileItSends,
        OnceItHasSent,
        WhileItWaits,
        AtTheFirstByte,
        Never,
    }

    [Fact]
    public async Task Predict_AThousandClientsThatLeaveAnywhere_LeaveNothingBehind()
    {
        var log = new LogSink();
        await using var server = new ApiServer
        {
            Settings = new()
            {
                ["ModelService:Batching:InputsLimit"] = $"{InputsLimit}",
                ["ModelService:Limits:MaxInputs"] = $"{InputsLimit}",
            },
            Configure = services => services.AddSingleton<ILogEventSink>(log),
        }.OnSocket();
        using var gauges = new Gauges(server.Services.GetRequiredService<IMeterFactory>());
        await server.Api.CreateAsync(Networks.Slow("left"));
        string Full() => Bodies.Tensors(Networks.Shape, Enumerable.Repeat(Networks.Input(), InputsLimit));
        (await server.Api.PredictAsync("left", Full())).Ok();
        var tensors = Tensor.TotalCount;
        var requests = new[]
        {
            Request("image/jpeg", Fixtures.Bytes("photos", "chelsea.jpg")),
            Request(
                "application/json",
                Encoding.UTF8.GetBytes(Bodies.Tensors(Networks.Shape, Enumerable.Range(0, 6).Select(Networks.Input)))
            ),
            Request(
                "application/json",
                Encoding.UTF8.GetBytes(
                    Bodies.Images(
                        Fixtures.Bytes("photos", "coffee.jpg"),
                        "no photo"u8.ToArray(),
                        Fixtures.Bytes("photos", "rocket.png")
                    )
                )
            ),
        };

        var statuses = new string?[Clients];
        await Parallel.ForAsync(
            0,
            Clients,
            new ParallelOptions
            {
                MaxDegreeOfParallelism = AtOnce,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (number, _) =>
            {
                var random = TestSeed.Generator(number);
                statuses[number] = await CallAsync(
                    server.Api.BaseAddress,
                    requests[random.Next(requests.Length)],
                    (Leaving)(number % 5),
                    random
                );
            }
        );

        var stayed = statuses.OfType<string>().CountBy(status => status).ToDictionary();
        output.WriteLine(string.Join(", ", stayed.Select(status => $"{status.Value} times {status.Key}")));
        Assert.Equal(Clients / 5, stayed.Values.Sum());
        Assert.Empty(stayed.Keys.Except(["200", "429"]));
        Assert.True(stayed.ContainsKey("200"), "Nobody was served.");

        var metrics = server.Services.GetRequiredService<RegistryMetrics>();
        foreach (var name in AtRest)
        {
            await Eventually.GetAsync(
                () => Assert.Single(metrics.Collect().Single(metric => metric.Name == name).Samples).Value,
                value => value == 0,
                $"{name} is 0"
            );
        }

        const string Requests = "http.server.active_requests";
        await Eventually.GetAsync(() => gauges[Requests], value => value == 0, $"{Requests} is 0");
        Assert.True(Tensor.TotalCount <= tensors, $"{Tensor.TotalCount - tensors} tensors are left over.");

        // As many as may be under way fit in, and no claim keeps the model.
        (await server.Api.PredictAsync("left", Full())).Ok();
        await server.Api.RemoveAsync("left");

        // Kestrel logs an error of its own when a client leaves in the very moment in which its body is read.
        Assert.DoesNotContain(
            log.Events,
            line =>
                line.Level >= LogEventLevel.Error
                && line.Properties["SourceContext"].ToString() != "\"Microsoft.AspNetCore.Server.Kestrel\""
        );
    }

    private static byte[] Request(string contentType, byte[] body) =>
        [
            .. Encoding.ASCII.GetBytes(
                "POST /v1/models/left/predict HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: "
                    + $"{contentType}\r\nContent-Length: {body.Length}\r\n\r\n"
            ),
            .. body,
        ];

    // The status that a client got that stayed; null for those that left.
    private static async Task<string?> CallAsync(Uri address, byte[] request, Leaving leaving, Random random)
    {
        using var connection = await RawConnection.OpenAsync(address);
        await connection.SendAsync(leaving == Leaving.WhileItSends ? request[..random.Next(request.Length)] : request);
        if (leaving == Leaving.WhileItWaits)
            await Task.Delay(random.Next(60), TestContext.Current.CancellationToken);
        if (leaving == Leaving.AtTheFirstByte)
            await connection.ReadAsync(atMost: 1);
        if (leaving == Leaving.Never)
            return (await connection.ReadToEndAsync()).Split(' ')[1];
        if (random.Next(2) == 0)
            connection.Abort();
        return null;
    }
}
