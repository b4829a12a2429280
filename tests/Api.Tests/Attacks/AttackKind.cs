namespace ModelService.Api.Tests.Attacks;

/// <summary>A kind of hostile input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Tries">Its inputs, as the end of a row of the page.</param>
/// <param name="Usual">How many inputs the suite tries.</param>
/// <param name="TryAsync">Makes one input from its generator, sends it and tells its fate.</param>
internal sealed record AttackKind(
    string Name,
    string Tries,
    int Usual,
    Func<AttackTarget, Random, int, Task<Fate>> TryAsync
)
{
    /// <summary>Beginning of the names of models that an attack creates and deletes.</summary>
    public const string Passing = "passing-";

    /// <summary>All kinds, each with a test and a row of <c>docs/attack.md</c>.</summary>
    public static IReadOnlyList<AttackKind> All { get; } =
    [
        new(
            "weights",
            "hostile files, and damaged `.pth`, `.dat` and safetensors files: created, checked and put",
            120,
            WeightsAttack.TryAsync
        ),
        new(
            "pictures",
            "damaged JPEG, PNG, WebP, GIF, BMP and TIFF: as a body, in a form and in base64",
            80,
            (target, random, _) => PicturesAttack.TryAsync(target, random)
        ),
        new(
            "multipart",
            "forms cut short, with wrong boundaries, empty or repeated parts, huge headers",
            80,
            MultipartAttack.TryAsync
        ),
        new(
            "json",
            "predictions and definitions with hostile values, cut short, nested deep, with huge numbers",
            80,
            JsonAttack.TryAsync
        ),
        new(
            "infer",
            "the Open Inference Protocol over REST: JSON, binary data and compressed bodies, the repository",
            80,
            InferAttack.TryAsync
        ),
        new(
            "grpc",
            "the same over gRPC: damaged messages and frames, hostile values",
            80,
            (target, random, _) => GrpcAttack.TryAsync(target, random)
        ),
        new(
            "http",
            "raw HTTP/1.1: contradictory lengths, damaged chunks, odd targets, versions and headers",
            80,
            (target, random, _) => HttpAttack.TryAsync(target, random)
        ),
        new(
            "http2",
            "raw HTTP/2: damaged frames, headers and settings, small floods",
            40,
            (target, random, _) => Http2Attack.TryAsync(target, random)
        ),
        new(
            "races",
            "create, predict, pin, load, unload, new version, put weights and delete, all at once on three models",
            80,
            (target, random, _) => RaceAttack.TryAsync(target, random)
        ),
    ];
}
