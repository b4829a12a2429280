using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Hostile and damaged weights files.</summary>
internal static class WeightsAttack
{
    private const string Kept = "weights-kept";

    private static readonly string[] Endings = [".pth", ".pt", ".dat", ".safetensors", ".onnx"];

    private static readonly string Hostile = Architecture("hostile"),
        Lesson = Architecture("lesson");

    private static readonly string[] HostileFiles = [.. Files("weights", "hostile"), .. Files("onnx")],
        LessonFiles = Files("weights", "lesson");

    /// <summary>Sends each hostile file once, with damaged ones between and after them.</summary>
    public static async Task<Fate> TryAsync(AttackTarget target, Random random, int number)
    {
        await target.EnsureAsync(Kept, Lesson);
        if (number % 2 == 0 && number / 2 < HostileFiles.Length)
            return await SendAsync(target, random, number, await ReadAsync(HostileFiles[number / 2]), Hostile);
        var file =
            random.Next(4) == 0
                ? HostileFiles[random.Next(HostileFiles.Length)]
                : LessonFiles[random.Next(LessonFiles.Length)];
        var bytes = await ReadAsync(file);
        var isArchive = LessonFiles.Contains(file) && bytes.AsSpan().StartsWith("PK"u8);
        var damaged = isArchive && random.Next(2) == 0 ? Mutation.OfZip(bytes, random) : Mutation.Of(bytes, random);
        return await SendAsync(target, random, number, damaged, Lesson);
    }

    private static async Task<Fate> SendAsync(
        AttackTarget target,
        Random random,
        int number,
        byte[] weights,
        string architecture
    )
    {
        var partial = random.Next(2) == 0 ? "?allow_partial=true" : "";
        switch (random.Next(3))
        {
            case 0:
                var file = Bodies.Raw(weights, "application/octet-stream");
                return (await target.SendAsync(HttpMethod.Post, $"/v1/models/{Kept}/weights/check", file)).Fate;
            case 1:
                var body = Bodies.Raw(weights, "application/octet-stream");
                return (
                    await target.SendAsync(HttpMethod.Put, $"/v1/models/{Kept}/versions/1/weights{partial}", body)
                ).Fate;
            default:
                var name = $"{AttackKind.Passing}{number}";
                using (
                    var form = new MultipartFormDataContent
                    {
                        { Bodies.Json(Networks.Model(name, architecture)), "definition" },
                        { new ByteArrayContent(weights), "weights", "weights" },
                    }
                )
                {
                    var (fate, _) = await target.SendAsync(HttpMethod.Post, $"/v1/models{partial}", form);
                    await target.SendAsync(HttpMethod.Delete, $"/v1/models/{name}", null);
                    return fate;
                }
        }
    }

    private static string Architecture(string net) => Fixtures.Json("weights", net, "architecture.json").GetRawText();

    private static string[] Files(params string[] folder) =>
        [
            .. Directory
                .GetFiles(Fixtures.Path(folder))
                .Where(file => Endings.Contains(Path.GetExtension(file)))
                .Order(StringComparer.Ordinal),
        ];

    private static Task<byte[]> ReadAsync(string file) =>
        File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
}
