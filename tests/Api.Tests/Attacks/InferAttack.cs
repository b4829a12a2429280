using System.IO.Compression;
using System.Text;
using ModelService.Api.Tests.OpenInference;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Hostile requests of the Open Inference Protocol over REST.</summary>
internal static class InferAttack
{
    private const string Infer = "/v2/models/kept/infer";

    private static readonly string Tensor = InferBodies.Json(
        more: """
        ,"id":"a","parameters":{"priority":1},"outputs":[{"name":"logits","parameters":{"classification":2}}]
        """
    );

    private static readonly string Photo = $$"""
        {"inputs":[{"name":"image","shape":[1],"datatype":"BYTES",
                    "data":["{{Convert.ToBase64String(Fixtures.Bytes("photos", "one_pixel.png"))}}"]}]}
        """;

    private const string Binary = """
        {"inputs":[{"name":"input","shape":[1,3,32,32],"datatype":"FP32","parameters":{"binary_data_size":12288}}],
         "parameters":{"binary_data_output":true}}
        """;

    /// <summary>Sends one request.</summary>
    public static Task<Fate> TryAsync(AttackTarget target, Random random, int number) =>
        random.Next(8) switch
        {
            0 => SendAsync(target, Infer, Json(Mutation.OfJson(Tensor, random))),
            1 => SendAsync(target, Infer, Json(Mutation.OfJson(Photo, random))),
            2 => SendAsync(target, Infer, Packed(random)),
            3 => SendAsync(target, Infer, InferBodies.Binary("", Mutation.Of(InferBodies.Bytes(), random))),
            4 => SendAsync(target, Infer, WithData(random)),
            5 => SendAsync(target, Path(random), Json(Mutation.OfJson("""{"ready":true}""", random)), "manage"),
            6 => LoadAsync(target, random, number),
            _ => SendAsync(target, Infer, WithLength(random)),
        };

    private static HttpContent WithData(Random random)
    {
        var json = Encoding.UTF8.GetString(Mutation.OfJson(Binary, random));
        var data = random.Next(2) == 0 ? InferBodies.Bytes() : Mutation.Of(InferBodies.Bytes(), random);
        return InferBodies.Binary(json, data);
    }

    private static HttpContent WithLength(Random random) =>
        InferBodies.Binary(Binary, InferBodies.Bytes(), $"{random.NextInt64(-10, 1L << random.Next(1, 62))}");

    private static HttpContent Packed(Random random)
    {
        var packed = new MemoryStream();
        using (var packing = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            packing.Write(random.Next(8) == 0 ? new byte[80 << 20] : Mutation.OfJson(Tensor, random));
        var bytes = packed.ToArray();
        var body = Json(random.Next(2) == 0 ? bytes : Mutation.Of(bytes, random));
        body.Headers.ContentEncoding.Add(random.Next(4) == 0 ? "deflate" : "gzip");
        return body;
    }

    private static string Path(Random random) =>
        random.Next(4) switch
        {
            0 => "/v2/repository/index",
            1 => $"/v2/repository/models/{Uri.EscapeDataString(Noise(random))}/load",
            2 => $"/v2/repository/models/{Uri.EscapeDataString(Noise(random))}/unload",
            _ => $"/v2/models/{Uri.EscapeDataString(Noise(random))}/infer",
        };

    private static async Task<Fate> LoadAsync(AttackTarget target, Random random, int number)
    {
        var name = $"{AttackKind.Passing}{number}";
        var config = System.Text.Json.JsonSerializer.Serialize(
            Encoding.UTF8.GetString(Mutation.OfJson(Networks.Tiny(name), random))
        );
        var load = Mutation.OfJson($$$"""{"parameters":{"config":{{{config}}}}}""", random);
        var fate = await SendAsync(target, $"/v2/repository/models/{name}/load", Json(load), "manage");
        await target.SendAsync(HttpMethod.Delete, $"/v1/models/{name}", null);
        return fate;
    }

    private static string Noise(Random random)
    {
        var noise = new byte[random.Next(1, 20)];
        random.NextBytes(noise);
        return Encoding.Latin1.GetString(noise);
    }

    private static HttpContent Json(byte[] json) => Bodies.Raw(json, "application/json");

    private static async Task<Fate> SendAsync(
        AttackTarget target,
        string path,
        HttpContent body,
        string key = "predict"
    ) => (await target.SendAsync(HttpMethod.Post, path, body, key)).Fate;
}
