using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Bodies as people's tools send them.</summary>
public sealed class PredictFieldTests(ApiServer server)
{
    private static readonly byte[] Good = Fixtures.Bytes("photos", "coffee_palette4.png");

    [Theory]
    [InlineData(null)]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain; charset=utf-8")]
    [InlineData("binary/octet-stream")]
    [InlineData("nonsense")]
    public async Task Predict_ImageWithoutAUsefulType_IsTakenByItsBytes(string? type)
    {
        var model = await ModelAsync();
        var expected = await ScoresAsync(model, Bodies.Raw(Good, "image/png"));

        Assert.Equal(expected, await ScoresAsync(model, Bodies.Raw(Good, type)));
        Assert.Equal(expected, await ScoresAsync(model, Bodies.Raw(Encoding.UTF8.GetBytes(Bodies.Images(Good)), type)));
    }

    [Theory]
    [InlineData("words", "text/plain", 415, "unsupported_media_type")]
    [InlineData("", null, 400, "malformed_request")]
    [InlineData("{}", null, 400, "malformed_request")]
    [InlineData("\0\0\0\u0018ftypheic\0\0\0\0mif1heic", null, 422, "image_undecodable")]
    public async Task Predict_OtherBytesWithoutAType_AreRefused(string body, string? type, int status, string code)
    {
        var answer = await server.Api.PredictAsync(
            await ModelAsync(),
            Bodies.Raw(Encoding.Latin1.GetBytes(body), type)
        );

        answer.Problem(status, code);
    }

    [Fact]
    public async Task Predict_FormsOfBase64_AreTaken()
    {
        var model = await ModelAsync();
        var base64 = Convert.ToBase64String(Good);
        var expected = await ScoresAsync(model, Bodies.Raw(Good, "image/png"));

        foreach (
            var text in new[]
            {
                "data:image/png;base64," + base64,
                base64.TrimEnd('='),
                base64.Replace('+', '-').Replace('/', '_'),
                base64.Insert(76, "\\r\\n").Insert(10, " "),
                base64.Replace("/", "\\/", StringComparison.Ordinal),
            }
        )
        {
            var answer = await server.Api.PredictAsync(model, $$"""{"images":["{{text}}"]}""");
            Assert.Equal(expected, answer.Prediction().GetProperty("probabilities").Floats());
        }
    }

    [Fact]
    public async Task Predict_TextThatIsNoBase64_NamesTheCharacterAndItsPosition()
    {
        var answer = await server.Api.PredictAsync(await ModelAsync(), """{"images":["AAAA","AAAA*AAA"]}""");

        Assert.Contains(
            "The character '*' at position 5 does not belong to base64",
            answer.Problem(400, "malformed_request", "/images/1").ToString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("\n", true)]
    [InlineData("\n", false)]
    [InlineData("\r\n", true)]
    public async Task Predict_FormWithEitherLineEnd_IsTaken(string line, bool closed)
    {
        var model = await ModelAsync();
        var expected = await ScoresAsync(model, Bodies.Raw(Good, "image/png"));
        var bytes = (byte[] file) =>
            (byte[])
                [
                    .. Encoding.ASCII.GetBytes(
                        $"--x{line}Content-Type: image/png{line}content-disposition: form-data; name=\"images\"; "
                            + $"filename=\"a.png\"{line}{line}"
                    ),
                    .. file,
                    .. Encoding.ASCII.GetBytes(line),
                ];
        byte[] body =
        [
            .. bytes(Good),
            .. bytes([.. Good, (byte)'\n']),
            .. Encoding.ASCII.GetBytes(closed ? $"--x--{line}" : "--x--"),
        ];

        var answer = await server.Api.PredictAsync(model, Bodies.Raw(body, "multipart/form-data; boundary=x"));

        Assert.All(
            answer.Ok().GetProperty("predictions").EnumerateArray(),
            prediction => Assert.Equal(expected, prediction.GetProperty("probabilities").Floats())
        );
        Assert.Equal(2, answer.Ok().GetProperty("predictions").GetArrayLength());
    }

    [Theory]
    [InlineData("--x\n")]
    [InlineData("--x\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\n\nabc")]
    [InlineData("--x\nContent-Disposition: form-data; name=\"images\"; filename=\"a\"\n")]
    [InlineData("--x\n\nabc\n--xx\n")]
    [InlineData("--x\n\n--x--")]
    [InlineData("--x\n--x--\n")]
    public async Task Predict_BareFormThatIsDamaged_IsMalformed(string body)
    {
        var answer = await server.Api.PredictAsync(
            await ModelAsync(),
            Bodies.Raw(Encoding.ASCII.GetBytes(body), "multipart/form-data; boundary=x")
        );

        answer.Problem(400, "malformed_request");
    }

    [Fact]
    public async Task Predict_YCbCrTiff_HasTheRightColours()
    {
        await server.Api.EnsureAsync(
            Networks.Model(
                "predict-colours",
                """
                {"input":{"channels":3,"height":8,"width":8},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":3}]}
                """
            )
        );
        var tiff = Fixtures.Bytes("field", "B1_ycbcr444_lzw.tif");

        // The picture has one colour.
        float[] colors = [199 / 255f, 60 / 255f, 19 / 255f];
        var pixels = colors.SelectMany(color => Enumerable.Repeat(color, 64)).ToArray();

        var photo = await server.Api.PredictAsync("predict-colours", Bodies.Raw(tiff, "image/tiff"), "?scores=logits");
        var tensor = await server.Api.PredictAsync(
            "predict-colours",
            Bodies.Tensors([3, 8, 8], pixels),
            "?scores=logits"
        );

        // With random weights of at most 1/14 and either sign, all pixels together make less than the tolerance of one.
        Numbers.AssertNear(
            tensor.Prediction().GetProperty("logits").Floats(),
            photo.Prediction().GetProperty("logits").Floats(),
            3 / 255.0
        );
    }

    [Fact]
    public async Task Predict_OtherDecoder_ReadsItsFormatsAndRefusesOthersByName()
    {
        await using var managed = new ApiServer
        {
            Settings = new Dictionary<string, string> { ["ModelService:Imaging:Decoder"] = "imagesharp" },
        };
        await managed.Api.CreateAsync(Networks.Tiny("managed"));

        var png = await managed.Api.PredictAsync("managed", Bodies.Raw(Good, "image/png"));
        var tiff = await managed.Api.PredictAsync("managed", Bodies.Photo("chelsea_lzw.tiff"));

        png.Ok();
        Assert.Contains(
            "TIFF pictures are not read by this server's decoder",
            tiff.Problem(422, "image_undecodable").ToString(),
            StringComparison.Ordinal
        );
    }

    private async Task<float[]> ScoresAsync(string model, HttpContent body) =>
        (await server.Api.PredictAsync(model, body)).Prediction().GetProperty("probabilities").Floats();

    private Task<string> ModelAsync() => server.Api.EnsureAsync(Networks.Tiny("predict-field"));
}
