using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Changes and predictions of the same models at once.</summary>
internal static class RaceAttack
{
    private const int Models = 3;

    private static readonly byte[] Weights = Fixtures.Bytes("weights", "lesson", "lesson.safetensors");

    /// <summary>Sends one request about one of the models.</summary>
    public static async Task<Fate> TryAsync(AttackTarget target, Random random)
    {
        var name = $"{AttackKind.Passing}race-{random.Next(Models)}";
        var (model, version) = ($"/v1/models/{name}", $"/v1/models/{name}/versions/{random.Next(1, 4)}");
        return (
            await (
                random.Next(14) switch
                {
                    0 or 1 => target.SendAsync(HttpMethod.Post, "/v1/models", Bodies.Json(Networks.Lesson(name))),
                    2 => target.SendAsync(HttpMethod.Delete, model, null),
                    3 => target.SendAsync(HttpMethod.Delete, version, null),
                    4 => target.SendAsync(HttpMethod.Post, $"{version}/load", null),
                    5 => target.SendAsync(HttpMethod.Post, $"{version}/unload", null),
                    6 => target.SendAsync(HttpMethod.Put, $"{version}/weights", Bodies.Raw(Weights, null)),
                    7 => target.SendAsync(HttpMethod.Get, $"{version}/weights", null),
                    8 => target.SendAsync(HttpMethod.Post, $"{model}/versions", Bodies.Json("""{"seed":1}""")),
                    9 => target.SendAsync(HttpMethod.Patch, model, Bodies.Json(Pin(random))),
                    10 => target.SendAsync(HttpMethod.Get, model, null),
                    11 => target.SendAsync(HttpMethod.Post, $"{model}/weights/check", Bodies.Raw(Weights, null)),
                    12 => PredictAsync(target, version),
                    _ => PredictAsync(target, model),
                }
            )
        ).Fate;
    }

    private static Task<(Fate Fate, int Status)> PredictAsync(AttackTarget target, string path) =>
        target.SendAsync(HttpMethod.Post, $"{path}/predict", Bodies.Json(Networks.InputJson()), "predict");

    private static string Pin(Random random) =>
        random.Next(2) == 0 ? """{"default_version":"newest"}""" : $$"""{"default_version":{{random.Next(1, 4)}}}""";
}
