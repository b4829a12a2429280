using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Hostile JSON of predictions and definitions.</summary>
internal static class JsonAttack
{
    private static readonly string[] Architectures =
    [
        Networks.TinyArchitecture,
        .. Directory
            .GetDirectories(Fixtures.Path("weights"))
            .Order(StringComparer.Ordinal)
            .Select(folder => Path.Combine(folder, "architecture.json"))
            .Where(File.Exists)
            .Select(File.ReadAllText),
    ];

    private static readonly string Prediction =
        """{"tensors":[{"shape":[3,32,32],"data":[0.5,1,-1,2]},{"shape":[1,1,2],"data":[[[1,2]]]}]}""";

    private static readonly string Image = Bodies.Images(Fixtures.Bytes("photos", "one_pixel.png"));

    /// <summary>Sends one body.</summary>
    public static Task<Fate> TryAsync(AttackTarget target, Random random, int number)
    {
        var architecture = Architectures[random.Next(Architectures.Length)];
        return random.Next(6) switch
        {
            0 => CreateAsync(target, random, number, architecture),
            1 => SendAsync(target, HttpMethod.Patch, "/v1/models/kept", Settings(random)),
            2 => PredictAsync(target, random.Next(2) == 0 ? Networks.InputJson() : Prediction, random),
            3 => PredictAsync(target, Image, random),
            4 => SendAsync(target, HttpMethod.Post, "/v1/models/kept/predict", Deep(random), "predict"),
            _ => SendAsync(target, HttpMethod.Post, "/v1/architectures/analyze", Mutation.OfJson(architecture, random)),
        };
    }

    private static async Task<Fate> CreateAsync(AttackTarget target, Random random, int number, string architecture)
    {
        var name = $"{AttackKind.Passing}{number}";
        var definition = Mutation.OfJson(Networks.Model(name, architecture), random);
        var fate = await SendAsync(target, HttpMethod.Post, "/v1/models", definition);
        await target.SendAsync(HttpMethod.Delete, $"/v1/models/{name}", null);
        return fate;
    }

    private static Task<Fate> PredictAsync(AttackTarget target, string json, Random random) =>
        SendAsync(
            target,
            HttpMethod.Post,
            $"/v1/models/kept/predict?top_k={random.Next(-1, 9)}",
            Mutation.OfJson(json, random),
            "predict"
        );

    private static async Task<Fate> SendAsync(
        AttackTarget target,
        HttpMethod method,
        string path,
        byte[] json,
        string key = "manage"
    )
    {
        using var body = Bodies.Raw(json, "application/json");
        return (await target.SendAsync(method, path, body, key)).Fate;
    }

    private static byte[] Settings(Random random) =>
        Mutation.OfJson("""{"default_version":1,"labels":["a","b","c","d"]}""", random);

    // Deep, or long and of little use.
    private static byte[] Deep(Random random)
    {
        var count = 1 << random.Next(4, 15);
        var text = random.Next(6) switch
        {
            0 => new string('[', count),
            1 => $$"""{"tensors":[{{string.Join(',', Enumerable.Repeat("[]", count))}}]}""",
            2 => $$"""{"images":[{{string.Join(',', Enumerable.Repeat("\"\"", count))}}]}""",
            3 => $$"""{"tensors":{{new string('[', count)}}{{new string(']', count)}}}""",
            4 => $$"""{"tensors":[{"shape":[{{string.Join(',', Enumerable.Repeat("65536", count))}}],"data":[]}]}""",
            _ => $$"""{"tensors":[{"shape":[1],"data":[1{{new string('0', count)}}]}]}""",
        };
        return Encoding.UTF8.GetBytes(text);
    }
}
