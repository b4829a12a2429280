using System.Buffers.Binary;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using ModelService.Api.Tests.Support;
using ModelService.Protocol;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Hostile calls over gRPC: damaged messages, damaged frames, hostile values.</summary>
internal static class GrpcAttack
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromMinutes(1) };

    private static readonly byte[][] Messages =
    [
        Calls.Tensor("kept").ToByteArray(),
        Calls.Tensor("kept", isRaw: false).ToByteArray(),
        Calls.Photo("kept", Fixtures.Bytes("photos", "one_pixel.png"), isRaw: true).ToByteArray(),
        Calls.Photo("kept", Fixtures.Bytes("photos", "one_pixel.png"), isRaw: false).ToByteArray(),
    ];

    private static readonly string[] Others =
    [
        "ModelMetadata",
        "ModelReady",
        "ModelConfig",
        "ModelStatistics",
        "RepositoryIndex",
        "RepositoryModelLoad",
        "RepositoryModelUnload",
        "ServerMetadata",
        "Nothing",
    ];

    /// <summary>Makes one call.</summary>
    public static Task<Fate> TryAsync(AttackTarget target, Random random) =>
        random.Next(6) switch
        {
            0 => SendAsync(target, "ModelInfer", Frame(Values(random)), "predict"),
            1 => SendAsync(
                target,
                "ModelStreamInfer",
                [.. Frame(Message(random)), .. Frame(Message(random))],
                "predict"
            ),
            2 => SendAsync(target, Others[random.Next(Others.Length)], Frame(Name(random)), "manage"),
            3 => SendAsync(
                target,
                "ModelInfer",
                Mutation.Of(Frame(Messages[random.Next(Messages.Length)]), random),
                "predict"
            ),
            _ => SendAsync(target, "ModelInfer", Frame(Message(random)), "predict"),
        };

    private static byte[] Message(Random random) => Mutation.Of(Messages[random.Next(Messages.Length)], random);

    private static byte[] Name(Random random)
    {
        var message = new ModelReadyRequest { Name = random.Next(2) == 0 ? "kept" : "nobody", Version = "1" };
        return random.Next(2) == 0 ? message.ToByteArray() : Mutation.Of(message.ToByteArray(), random);
    }

    private static byte[] Values(Random random)
    {
        long[] extremes = [0, -1, 1, 3, 32, int.MaxValue, long.MaxValue, long.MinValue, 1L << 32];
        var request = Calls.Tensor("kept", random.Next(2) == 0);
        var shape = request.Inputs[0].Shape;
        for (var times = random.Next(1, 4); times > 0; times--)
            shape[random.Next(shape.Count)] = extremes[random.Next(extremes.Length)];
        request.Parameters["timeout"] = new InferParameter { Int64Param = extremes[random.Next(extremes.Length)] };
        request.Parameters["priority"] = new InferParameter { DoubleParam = double.NaN };
        return request.ToByteArray();
    }

    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    private static async Task<Fate> SendAsync(AttackTarget target, string call, byte[] body, string key)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            new Uri(target.Http2.Address, $"/inference.GRPCInferenceService/{call}")
        )
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Bodies.Raw(body, "application/grpc"),
        };
        request.Headers.Add("X-API-Key", key);
        request.Headers.Add("TE", "trailers");
        try
        {
            using var response = await Http.SendAsync(request, TestContext.Current.CancellationToken);
            await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
            var isThere =
                response.TrailingHeaders.TryGetValues("grpc-status", out var values)
                || response.Headers.TryGetValues("grpc-status", out values);
            var status =
                isThere && Enum.TryParse<StatusCode>(values!.First(), out var code) ? code : StatusCode.DataLoss;
            var fate = FateOf(status);
            if (fate == Fate.Bug)
                target.Remember($"{call}: {(int)response.StatusCode} {status} {Convert.ToBase64String(body)}");
            return fate;
        }
        catch (HttpRequestException)
        {
            return Fate.Closed;
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            return Fate.Hang;
        }
    }

    // gRPC itself has the status INTERNAL for a frame that is cut short, and UNKNOWN for one with a wrong flag. What is
    // a bug behind them is found in the log.
    private static Fate FateOf(StatusCode status) =>
        status switch
        {
            StatusCode.OK => Fate.Taken,
            StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded => Fate.Later,
            StatusCode.DataLoss => Fate.Bug,
            _ => Fate.Refused,
        };
}
