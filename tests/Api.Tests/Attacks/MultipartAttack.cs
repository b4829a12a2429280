using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Attacks;

/// <summary>Damaged forms.</summary>
internal static class MultipartAttack
{
    private static readonly byte[] Photo = Fixtures.Bytes("photos", "coffee_palette4.png");

    private static readonly byte[] Weights = Fixtures.Bytes("weights", "lesson", "lesson.safetensors");

    private static readonly string[] Boundaries =
    [
        "x",
        "\"x\"",
        "y",
        "",
        "\"\"",
        "\"x",
        "--x",
        new string('x', 128),
        new string('x', 129),
        "x; boundary=y",
        "x y",
        "\"a\\\"b\"",
        "%00",
    ];

    private static readonly string[] Headers =
    [
        "",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data; name=\"images\"",
        "Content-Disposition: form-data; name=\"images\"; filename=\"\"",
        "Content-Disposition: form-data; name=\"images\"; filename*=UTF-8''%ff%fe",
        "Content-Disposition: attachment; name=\"definition\"",
        "Content-Disposition: form-data; name=\"",
        "Content-Disposition: ;;;=",
        "Content-Disposition form-data",
        "Content-Type: multipart/mixed; boundary=z",
        "Content-Transfer-Encoding: base64",
        "Content-Length: 99999999999999999999",
        "X: " + new string('a', 20_000),
        string.Join("\r\n", Enumerable.Range(0, 64).Select(index => $"X-{index}: a")),
        ": empty",
        "\0",
    ];

    /// <summary>Sends one form.</summary>
    public static async Task<Fate> TryAsync(AttackTarget target, Random random, int number)
    {
        var name = $"{AttackKind.Passing}{number}";
        var isPrediction = random.Next(2) == 0;
        var form = Form(random, isPrediction, name);
        if (random.Next(2) == 0)
            form = random.Next(2) == 0 ? form[..random.Next(form.Length + 1)] : Mutation.Of(form, random);
        var boundary = random.Next(4) == 0 ? Boundaries[random.Next(Boundaries.Length)] : "x";
        using var body = Bodies.Raw(form, $"multipart/form-data; boundary={boundary}");
        var path = isPrediction ? "/v1/models/kept/predict" : "/v1/models";
        var (fate, _) = await target.SendAsync(
            HttpMethod.Post,
            path,
            random.Next(3) == 0 ? Bodies.Chunked(body) : body,
            isPrediction ? "predict" : "manage"
        );
        if (!isPrediction)
            await target.SendAsync(HttpMethod.Delete, $"/v1/models/{name}", null);
        return fate;
    }

    private static byte[] Form(Random random, bool isPrediction, string name)
    {
        var form = new MemoryStream();
        var parts = random.Next(8) == 0 ? random.Next(200) : random.Next(4);
        for (var part = 0; part < parts; part++)
        {
            var (header, content) = Part(random, isPrediction, name);
            if (random.Next(3) == 0)
                header = Headers[random.Next(Headers.Length)];
            if (random.Next(6) == 0)
                header += "\r\n" + Headers[random.Next(Headers.Length)];
            var line = random.Next(12) == 0 ? "\n" : "\r\n";
            Write(form, $"--x{line}{header}{line}{(random.Next(12) == 0 ? "" : line)}");
            form.Write(random.Next(5) == 0 ? [] : content);
            Write(form, line);
        }

        if (random.Next(6) != 0)
            Write(form, "--x--\r\n");
        return form.ToArray();
    }

    private static (string Header, byte[] Content) Part(Random random, bool isPrediction, string name) =>
        random.Next(isPrediction ? 1 : 3) switch
        {
            0 when isPrediction => ("Content-Disposition: form-data; name=\"images\"; filename=\"a\"", Photo),
            0 => ("Content-Disposition: form-data; name=\"weights\"; filename=\"w\"", Weights),
            _ => (
                "Content-Disposition: form-data; name=\"definition\"",
                Encoding.UTF8.GetBytes(random.Next(2) == 0 ? Networks.Lesson(name) : Networks.Tiny(name))
            ),
        };

    private static void Write(MemoryStream form, string text) => form.Write(Encoding.Latin1.GetBytes(text));
}
