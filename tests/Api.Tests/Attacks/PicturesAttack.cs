using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Damaged photos.</summary>
internal static class PicturesAttack
{
    // Larger photos take long to decode, and add nothing.
    private const int MostBytes = 512 << 10;

    private static readonly byte[][] Photos =
    [
        .. new[] { "photos", "bad", "field" }
            .SelectMany(folder => Directory.GetFiles(Fixtures.Path(folder)))
            .Where(file => Path.GetExtension(file) is not (".json" or ".py" or ".pth" or ".ckpt"))
            .Where(file => new FileInfo(file).Length <= MostBytes)
            .Order(StringComparer.Ordinal)
            .Select(File.ReadAllBytes),
    ];

    private static readonly byte[] Small = Fixtures.Bytes("photos", "one_pixel.png");

    /// <summary>Sends one photo, or a few.</summary>
    public static async Task<Fate> TryAsync(AttackTarget target, Random random)
    {
        byte[] Next() => Mutation.Of(Photos[random.Next(Photos.Length)], random);
        using var body = random.Next(4) switch
        {
            0 => Bodies.Files(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Next())),
            1 => Bodies.Json(Bodies.Images(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Next()))),
            2 => Bodies.Raw(
                Mutation.Of(Encoding.ASCII.GetBytes(Bodies.Images(Small, Small)), random),
                "application/json"
            ),
            _ => Bodies.Raw(Next(), "image/png"),
        };
        return (await target.SendAsync(HttpMethod.Post, "/v1/models/kept/predict", body, "predict")).Fate;
    }
}
