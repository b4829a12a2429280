using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>JSON bodies that are no request.</summary>
public sealed class PredictJsonTests(ApiServer server)
{
    [Theory]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    [InlineData("null", null)]
    [InlineData("\"image\"", null)]
    [InlineData("""{"images":["AA=="],"tensors":[]}""", null)]
    [InlineData("""{"images":["AA=="],"images":["AA=="]}""", null)]
    [InlineData("""{"urls":["http://localhost/a.png"]}""", "/urls")]
    [InlineData("""{"images":[]}""", "/images")]
    [InlineData("""{"images":"AA=="}""", "/images")]
    [InlineData("""{"images":null}""", "/images")]
    [InlineData("""{"images":[7]}""", "/images/0")]
    [InlineData("""{"images":[null]}""", "/images/0")]
    [InlineData("""{"images":["AA==",{"data":"AA=="}]}""", "/images/1")]
    [InlineData("""{"images":["not base64!"]}""", "/images/0")]
    [InlineData("""{"images":["AA==","A"]}""", "/images/1")]
    [InlineData("""{"images":["data:image/png,AA=="]}""", "/images/0")]
    [InlineData("""{"images":["http://localhost/a.png"]}""", "/images/0")]
    [InlineData("""{"tensors":[]}""", "/tensors")]
    [InlineData("""{"tensors":{}}""", "/tensors")]
    public async Task Predict_WrongDocument_PointsAtThePlace(string json, string? pointer)
    {
        var model = await server.Api.EnsureAsync(Networks.Tiny("predict-json"));

        var answer = await server.Api.PredictAsync(model, json);

        answer.Problem(400, "malformed_request", pointer is null ? [] : [pointer]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AA==")]
    [InlineData("data:image/png;base64,AA")]
    public async Task Predict_Base64ThatIsNoImage_IsUndecodable(string base64)
    {
        var model = await server.Api.EnsureAsync(Networks.Tiny("predict-json"));

        var answer = await server.Api.PredictAsync(model, $$"""{"images":["{{base64}}"]}""");

        answer.Problem(422, "image_undecodable");
    }

    [Fact]
    public async Task Predict_ModelThatTakesNoPhotos_SaysToSendTensors()
    {
        var model = await server.Api.EnsureAsync(
            Networks.Model(
                "predict-signal",
                """{"input":{"shape":[2,8]},"layers":[{"type":"flatten"},{"type":"linear","out_features":3}]}"""
            )
        );

        var photo = await server.Api.PredictAsync(model, Bodies.Images(Fixtures.Bytes("photos", "one_pixel.png")));
        var tensor = await server.Api.PredictAsync(model, Bodies.Tensors([2, 8], new float[16]));

        Assert.Contains(
            "tensors",
            photo.Problem(422, "input_mismatch").GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(3, tensor.Prediction().GetProperty("probabilities").GetArrayLength());
        Assert.False(
            (await server.Api.GetAsync("/v1/models/predict-signal")).Ok().TryGetProperty("preprocessing", out _)
        );
    }

    [Fact]
    public async Task Predict_GrayModel_TakesColourPhotos()
    {
        var model = await server.Api.EnsureAsync(
            Networks.Model(
                "predict-gray",
                """
                {"input":{"channels":1,"height":28,"width":28},
                  "layers":[{"type":"flatten"},{"type":"linear","out_features":3}]}
                """
            )
        );
        var gray = SafetensorsFile.Read(Fixtures.Path("preprocess", "gray28.safetensors")).Floats("coffee.png");

        var photo = await server.Api.PredictAsync(model, Bodies.Photo("coffee.png"), "?scores=logits");
        var tensor = await server.Api.PredictAsync(model, Bodies.Tensors([1, 28, 28], gray), "?scores=logits");

        // The resize may differ from torchvision's by 2/255; random weights of at most 1/28 and either sign make less
        // than that of it.
        Numbers.AssertNear(
            tensor.Prediction().GetProperty("logits").Floats(),
            photo.Prediction().GetProperty("logits").Floats(),
            2 / 255.0
        );
    }
}
