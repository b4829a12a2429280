using System.IO.Compression;
using System.Net;
using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Protection;

/// <summary>
/// Attacks in large numbers on a server in a process of its own: each is refused as documented, memory stays flat, and
/// the server goes on.
/// </summary>
[Measured]
public sealed class AttackTests(AttackedServer server) : IClassFixture<AttackedServer>
{
    [Theory]
    [InlineData("POST", "/v1/models")]
    [InlineData("POST", "/v1/models/kept/predict")]
    [InlineData("PUT", "/v1/models/kept/versions/1/weights")]
    public Task Send_LargeBodiesWithoutAKey_AreNotRead(string method, string path) =>
        server.UnharmedAsync(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                (
                    await server
                        .With(null)
                        .SendAsync(
                            new HttpMethod(method),
                            path,
                            Bodies.Raw(new byte[8 << 20], "application/octet-stream")
                        )
                ).Problem(401, "unauthenticated");
                (
                    await server
                        .With(null)
                        .SendAsync(
                            new HttpMethod(method),
                            path,
                            Bodies.Chunked(Bodies.Raw(new byte[8 << 20], "application/octet-stream"))
                        )
                ).Problem(401, "unauthenticated");
            }
        });

    [Theory]
    [InlineData("POST", "/v1/architectures/analyze", "gzip")]
    [InlineData("POST", "/v1/models", "gzip")]
    [InlineData("POST", "/v1/models/kept/versions", "br")]
    [InlineData("PATCH", "/v1/models/kept", "deflate")]
    [InlineData("PUT", "/v1/models/kept/versions/1/weights", "zstd")]
    [InlineData("POST", "/v1/models/kept/weights/check", "gzip, gzip")]
    [InlineData("POST", "/v1/models/kept/predict", "gzip")]
    public Task Send_CompressedBodies_AreRefused(string method, string path, string encoding) =>
        server.UnharmedAsync(async () =>
        {
            // 64 MiB of spaces, in 64 KiB.
            var bomb = Gzip(64 << 20);
            var api = server.With(path.EndsWith("predict", StringComparison.Ordinal) ? "predict" : "manage");
            for (var i = 0; i < 10; i++)
            {
                using var body = Bodies.Raw(bomb, "application/json");
                body.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
                (await api.SendAsync(new HttpMethod(method), path, body)).Problem(415, "unsupported_media_type");
            }
        });

    [Fact]
    public Task Predict_PixelBombs_AreTooLarge() =>
        server.UnharmedAsync(async () =>
        {
            foreach (
                var bomb in new[] { "bomb.png", "bomb_rgb.png", "huge_header.png" }.Select(file =>
                    Fixtures.Bytes("bad", file)
                )
            )
            {
                for (var i = 0; i < 10; i++)
                {
                    (await server.With("predict").PredictAsync("kept", Bodies.Raw(bomb, "image/png"))).Problem(
                        413,
                        "image_too_large"
                    );
                    (
                        await server.With("predict").PredictAsync("kept", Bodies.Files(Enumerable.Repeat(bomb, 32)))
                    ).Problem(413, "image_too_large");
                }
            }
        });

    [Fact]
    public Task Predict_FormsOfTenThousandParts_AreMalformed() =>
        server.UnharmedAsync(async () =>
        {
            var form = Encoding.ASCII.GetBytes(
                string.Concat(
                    Enumerable.Repeat(
                        "--x\r\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\r\n\r\na\r\n",
                        10_000
                    )
                ) + "--x--\r\n"
            );
            for (var i = 0; i < 20; i++)
            {
                (
                    await server
                        .With("predict")
                        .PredictAsync("kept", Bodies.Raw(form, "multipart/form-data; boundary=x"))
                ).Problem(400, "malformed_request");
            }
        });

    [Theory]
    [InlineData("../../../attacked")]
    [InlineData("/tmp/attacked")]
    [InlineData("..\\..\\attacked")]
    [InlineData("%2e%2e%2fattacked")]
    [InlineData("attacked\0.pth")]
    public async Task Send_FileNamesThatArePaths_AreNeverUsed(string name)
    {
        var disposition = $"Content-Disposition: form-data; name=\"weights\"; filename=\"{name}\"";
        var form =
            $"--x\r\n{disposition}\r\n\r\nno weights\r\n--x\r\nContent-Disposition: form-data; "
            + $"name=\"definition\"\r\n\r\n{Networks.Tiny("attacked")}\r\n--x--\r\n";

        var create = await server
            .With("manage")
            .PostAsync("/v1/models", Bodies.Raw(Encoding.UTF8.GetBytes(form), "multipart/form-data; boundary=x"));
        var predict = await server
            .With("predict")
            .PredictAsync(
                "kept",
                Bodies.Raw(
                    Encoding.UTF8.GetBytes(
                        form.Replace("definition\"", "images\"; filename=\"x\"", StringComparison.Ordinal)
                    ),
                    "multipart/form-data; boundary=x"
                )
            );

        create.Problem(422, "weights_unreadable");
        predict.Problem(422, "image_undecodable");
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(server.Data, "*", SearchOption.AllDirectories),
            path => path.Contains("attacked", StringComparison.Ordinal)
        );
        Assert.Empty(Directory.GetFiles(Path.GetTempPath(), "attacked*"));
        await server.AssertItServesAsync();
    }

    [Theory]
    [InlineData("../kept")]
    [InlineData("..")]
    [InlineData("kept/versions")]
    [InlineData("/etc/passwd")]
    [InlineData("C:\\\\kept")]
    [InlineData("kept\\u0000")]
    public async Task Create_NameThatIsAPath_IsRefused(string name)
    {
        var answer = await server.With("manage").PostAsync("/v1/models", Networks.Tiny(name));

        answer.Problem(422, "definition_invalid", "/name");
        Assert.Equal(["kept"], Directory.GetDirectories(Path.Combine(server.Data, "models")).Select(Path.GetFileName));
        await server.AssertItServesAsync();
    }

    [Fact]
    public Task Send_FloodsOfHeaders_AreRefused() =>
        server.UnharmedAsync(async () =>
        {
            var headers = Enumerable.Range(0, 5000).Select(index => $"X-{index}: {new string('a', 200)}\r\n");
            var flood = $"GET /v1/models HTTP/1.1\r\nHost: x\r\n{string.Concat(headers)}\r\n";
            for (var i = 0; i < 100; i++)
            {
                using var connection = await RawConnection.OpenAsync(server.Address);
                await Record.ExceptionAsync(() => connection.SendAsync(flood));

                // Closed while it is still sent, it may come as a reset.
                Assert.Matches("^(HTTP/1.1 431 .*)?$", (await connection.ReadAsync()).Split("\r\n")[0]);
            }
        });

    [Fact]
    public Task Connect_HundredsThatSayNothing_LeaveRoomForOthers() =>
        server.UnharmedAsync(async () =>
        {
            var connections = new List<RawConnection>();
            for (var i = 0; i < 500; i++)
            {
                connections.Add(await RawConnection.OpenAsync(server.Address));
                if (i % 2 == 0)
                {
                    await connections[i]
                        .SendAsync(
                            "POST /v1/models/kept/predict HTTP/1.1\r\nHost: x\r\nX-API-Key: predict\r\n"
                                + "Content-Type: image/png\r\nContent-Length: 1000\r\n\r\na"
                        );
                }
            }

            await server.AssertItServesAsync();
            connections.ForEach(connection => connection.Dispose());
        });

    [Fact]
    public async Task Send_RequestsOverHttp2ThatAreResetAtOnce_LeaveRoomForOthers()
    {
        await using var other = new AttackedServer { Version = HttpVersion.Version20 };
        await other.InitializeAsync();

        await other.UnharmedAsync(async () =>
        {
            for (var i = 0; i < 5; i++)
            {
                using var connection = await RawConnection.OpenAsync(other.Address);
                var answers = connection.ReadToEndAsync();

                // The server may have enough of it before the end.
                await Record.ExceptionAsync(() =>
                    connection.SendAsync(Http2Frames.RequestsThatAreReset("/v1/layers", "predict", count: 4000))
                );
                await Record.ExceptionAsync(() => connection.SendAsync(Http2Frames.GoAway));
                await answers;
            }
        });
    }

    private static byte[] Gzip(int spaces)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(Encoding.ASCII.GetBytes(new string(' ', spaces)));
        return packed.ToArray();
    }
}
