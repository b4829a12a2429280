using System.Text;

namespace ModelService.Api.Tests.Attacks;

/// <summary>HTTP/1.1 that no client would send.</summary>
internal static class HttpAttack
{
    private const string Body = "{\"tensors\":[]}";

    private static readonly string[] Methods =
    [
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
        "OPTIONS",
        "TRACE",
        "CONNECT",
        "PRI",
        "get",
        "",
        "G\0T",
        new string('A', 9000),
    ];

    private static readonly string[] Targets =
    [
        "/v1/models",
        "/v1/models/kept/predict",
        "/v1/models/kept/versions/1/weights",
        "/v1/models/%00",
        "/v1/models/%0a%1b[2J",
        "/v1/models/..%2f..%2fkept",
        "/v1/models/%ff%fe",
        "/v1/models/kept/versions/99999999999/predict",
        "/v1/models/kept/predict?top_k=99999999999999999999",
        "/v1/models/kept/predict?" + new string('&', 2000),
        "/" + new string('a', 9000),
        "/../../etc/passwd",
        "//v1//models",
        "*",
        "http://other/v1/models",
        "other:443",
        "",
        "v1/models",
        "/v1/models#part",
        "/v1/models\0",
        "/swagger/../../appsettings.json",
        "/health/ready",
    ];

    private static readonly string[] Versions =
    [
        "HTTP/1.0",
        "HTTP/0.9",
        "HTTP/1.2",
        "HTTP/2.0",
        "HTTP/9.9",
        "http/1.1",
        "HTTP/1.1 x",
        "",
    ];

    private static readonly string[] Headers =
    [
        "Content-Length: 14",
        "Content-Length: 0",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "Content-Length: 9223372036854775807",
        "Content-Length: 60000000",
        "Content-Length: 14, 14",
        "Content-Length: +14",
        "Content-Length: 0x0e",
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \vchunked",
        "Content-Encoding: gzip",
        "Content-Type: application/json",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: image/png",
        "Content-Type: " + new string('a', 30_000),
        "Content-Type: ;;;\"",
        "Expect: 100-continue",
        "Expect: everything",
        "Connection: close",
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
        "Connection: Upgrade\r\nUpgrade: websocket",
        "Range: bytes=5-1,-0,99999999999-",
        "If-None-Match: \"",
        "Accept: */*;q=x",
        "Origin: null",
        "traceparent: 00-ffffffffffffffffffffffffffffffff-0000000000000000-ff",
        "X-API-Key: wrong",
        "X-API-Key: \u00FF\u00FE",
        "Authorization: Bearer",
        "Host: other",
        "Host: \0",
        " folded",
        "No colon",
        ": no name",
        "X\0: a",
        "X: a\0b",
        "X: a\rb",
        string.Join("\r\n", Enumerable.Range(0, 200).Select(index => $"X-{index}: a")),
        "X: " + new string('a', 40_000),
    ];

    private static readonly string[] Contents =
    [
        "",
        Body,
        $"e\r\n{Body}\r\n0\r\n\r\n",
        "e\r\n{\"tens",
        "-1\r\n",
        "ffffffffffffffff\r\na",
        "7fffffff\r\na",
        "1;" + new string('x', 20_000) + "\r\na\r\n0\r\n\r\n",
        "1\na\n0\n\n",
        "1\r\naX0\r\n\r\n",
        "0\r\nX-Trailer: a\r\nContent-Length: 5\r\n\r\n",
        "0\r\n" + new string('x', 40_000),
        "\r\n\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
    ];

    /// <summary>Sends one to three requests over one connection.</summary>
    public static Task<Fate> TryAsync(AttackTarget target, Random random)
    {
        var requests = string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => Request(random)));
        var bytes = Encoding.Latin1.GetBytes(requests);
        return target.SendRawAsync(random.Next(3) == 0 ? Mutation.Of(bytes, random) : bytes);
    }

    private static string Request(Random random)
    {
        var method = random.Next(2) == 0 ? "POST" : One(Methods, random);
        var version = random.Next(6) == 0 ? One(Versions, random) : "HTTP/1.1";
        var lines = new List<string> { $"{method} {One(Targets, random)} {version}" };
        if (random.Next(10) != 0)
            lines.Add("Host: x");
        if (random.Next(4) != 0)
            lines.Add($"X-API-Key: {(random.Next(2) == 0 ? "predict" : "manage")}");
        for (var headers = random.Next(4); headers > 0; headers--)
            lines.Add(One(Headers, random));
        if (random.Next(2) == 0)
            lines.Add("Connection: close");
        var end = random.Next(12) == 0 ? "\n" : "\r\n";
        return string.Join(end, lines) + end + end + One(Contents, random);
    }

    private static string One(string[] items, Random random) => items[random.Next(items.Length)];
}
