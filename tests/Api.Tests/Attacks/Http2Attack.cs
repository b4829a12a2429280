using static ModelService.Api.Tests.Support.Http2Frames;

namespace ModelService.Api.Tests.Attacks;

/// <summary>HTTP/2 that no client would send.</summary>
internal static class Http2Attack
{
    private static readonly string[] Paths = ["/v1/models", "/v1/models/kept/predict", "/v1/models/%00", "*", "", "x"];

    /// <summary>Sends some frames over one connection.</summary>
    public static async Task<Fate> TryAsync(AttackTarget target, Random random)
    {
        byte[] bytes = [.. Beginning];
        for (var frames = random.Next(1, 12); frames > 0; frames--)
            bytes = [.. bytes, .. Frames(random)];
        if (random.Next(3) == 0)
            bytes = Mutation.Of(bytes, random);
        return await target.SendFramesAsync(random.Next(2) == 0 ? bytes : [.. bytes, .. GoAway]);
    }

    private static byte[] Frames(Random random)
    {
        var stream = random.Next(4) == 0 ? random.Next(-1, 10) : (2 * random.Next(4)) + 1;
        var path = Paths[random.Next(Paths.Length)];
        var request = Request(random.Next(2) == 0 ? Get : Post, path, "predict");
        return random.Next(12) switch
        {
            0 => Frame(Headers, EndStream | EndHeaders, stream, request),
            1 => Frame(Headers, EndHeaders, stream, request),
            2 => Frame(Headers, EndHeaders, stream, Mutation.Of(request, random)),
            3 => [.. Frame(Headers, 0, stream, request), .. Flood(Frame(Continuation, 0, stream, []), random)],
            4 => Flood(Frame(Data, 0, stream, []), random),
            5 => Frame(Data, (byte)random.Next(16), stream, Noise(random)),
            6 => Flood(Frame(Priority, 0, stream, [0, 0, 0, 0, 0]), random),
            7 => Flood(Frame(WindowUpdate, 0, random.Next(2) * stream, [0x7F, 0xFF, 0xFF, 0xFF]), random),
            8 => Flood(Frame(Ping, (byte)random.Next(2), 0, new byte[8]), random),
            9 => Flood(Frame(Settings, 0, 0, [0, (byte)random.Next(8), .. Number(random)]), random),
            10 => Frame(Reset, 0, stream, [0, 0, 0, (byte)random.Next(16)]),
            _ => Frame((byte)random.Next(16), (byte)random.Next(256), stream, Noise(random)),
        };
    }

    private static byte[] Flood(byte[] frame, Random random) =>
        [.. Enumerable.Repeat(frame, 1 << random.Next(8)).SelectMany(static bytes => bytes)];

    private static byte[] Number(Random random)
    {
        var number = new byte[4];
        random.NextBytes(number);
        return number;
    }

    private static byte[] Noise(Random random)
    {
        var noise = new byte[random.Next(64)];
        random.NextBytes(noise);
        return noise;
    }
}
