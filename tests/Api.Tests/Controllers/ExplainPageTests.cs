using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>The pictures of docs/explain.md, made by the requests that the page shows.</summary>
public sealed class ExplainPageTests(ApiServer server)
{
    // Other processors give other last digits, and so other shades.
    private const double MostDifference = 2;

    private static readonly string[] Labels = ["cat", "coffee", "astronaut", "rocket"];
    private static readonly string[] Photos = ["chelsea.png", "coffee.png", "astronaut.png", "rocket.png"];

    public static TheoryData<string, string, string> Networks =>
        new()
        {
            { "lines.png", "", """{ "type": "filter2d", "preset": "line_vertical" }, { "type": "relu" }""" },
            { "relu.png", "?colors=gray", """{ "type": "relu" }""" },
            { "max_pool.png", "?colors=gray", """{ "type": "max_pool2d", "kernel_size": 2 }""" },
        };

    // Explanations are computed in the time that everything else leaves, and the request has a deadline.
    [Fact]
    [Measured]
    public async Task Pictures_OfAClassifier_AreThoseOfThePage()
    {
        await CreateAsync();
        const string Explain = "/v1/models/photos/explain";
        var photo = Fixtures.Bytes("photos", "chelsea.png");

        await CheckAsync("grad_cam.png", $"{Explain}?class=cat&view=photo&legend=true", photo);
        await CheckAsync("layer_cam.png", $"{Explain}?method=layer_cam&layer=layer3&class=cat", photo);
        await CheckAsync("occlusion.png", $"{Explain}?method=occlusion&class=cat", photo);
        await CheckAsync(
            "integrated_gradients.png",
            $"{Explain}?method=integrated_gradients&steps=16&class=cat&output=heat",
            photo
        );
        await CheckAsync("features.png", "/v1/models/photos/features?layer=layer1&channels=0-15", photo);
        Check("filters.png", await server.Api.GetAsync("/v1/models/photos/layers/conv1/filters"));

        // The map that the page shows can be trusted more than chance.
        var body = (
            await server.Api.PostAsync(
                $"{Explain}?class=cat&output=json&faithfulness=true",
                Bodies.Raw(photo, "image/png")
            )
        ).Ok();
        Assert.Equal("cat", body.GetProperty("label").GetString());
        Assert.Equal("closed_form", body.GetProperty("route").GetString());
        var faithfulness = body.GetProperty("faithfulness");
        Assert.True(
            faithfulness.GetProperty("insertion").GetDouble() > faithfulness.GetProperty("deletion").GetDouble()
        );
        await server.Api.RemoveAsync("photos");
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public async Task Pictures_OfNetworksThatAreNoClassifiers_AreThoseOfThePage(
        string file,
        string query,
        string layers
    )
    {
        var network = $$"""{ "input": { "channels": 3, "height": 160, "width": 160 }, "layers": [{{layers}}] }""";
        using var form = new MultipartFormDataContent
        {
            { new StringContent(network, Encoding.UTF8, "application/json"), "definition" },
            { new ByteArrayContent(Fixtures.Bytes("photos", "astronaut.png")), "image", "astronaut.png" },
        };

        Check(file, await server.Api.PostAsync($"/v1/architectures/features{query}", form));
    }

    [Fact]
    public void Page_ShowsEachPicture()
    {
        var page = File.ReadAllText(Repository.Path("docs", "explain.md"));

        foreach (var file in Directory.EnumerateFiles(Repository.Path("docs", "explain")))
            Assert.Contains($"(explain/{Path.GetFileName(file)})", page, StringComparison.Ordinal);
    }

    private async Task CheckAsync(string file, string path, byte[] photo) =>
        Check(file, await server.Api.PostAsync(path, Bodies.Raw(photo, "image/png")));

    private static void Check(string file, Answer answer)
    {
        Assert.True(answer.Status == 200, answer.Text);
        var path = Repository.Path("docs", "explain", file);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, answer.Bytes);
        }

        using var expected = NetVips.Image.NewFromFile(path);
        using var found = NetVips.Image.NewFromBuffer(answer.Bytes);
        Assert.Equal((expected.Width, expected.Height), (found.Width, found.Height));
        using var difference = (expected - found).Abs();
        Assert.True(
            difference.Avg() <= MostDifference,
            $"docs/explain/{file} shows something else. When that is meant, run the tests with UPDATE_DOCS=1."
        );
    }

    // A head by nearest means: the features of four photos are the classes. It stands for a training.
    private async Task CreateAsync()
    {
        const string Base = "\"base\":\"resnet18_mlnet\"";
        await server.Api.CreateAsync(
            $$"""{"name":"photo-features",{{Base}},"pretrained":true,"head":[{"type":"identity"}]}"""
        );
        var features = new List<float[]>();
        foreach (var photo in Photos)
        {
            var answer = await server.Api.PredictAsync(
                "photo-features",
                Bodies.Raw(Fixtures.Bytes("photos", photo), "image/png"),
                "?scores=logits"
            );
            features.Add([
                .. answer.Prediction().GetProperty("logits").EnumerateArray().Select(item => item.GetSingle()),
            ]);
        }

        var length = features[0].Length;
        var mean = Enumerable.Range(0, length).Select(i => features.Average(item => item[i])).ToArray();
        var weight = features.SelectMany(item => item.Zip(mean, (value, middle) => (value - middle) / 8)).ToArray();
        var bias = features
            .Select(item => -item.Zip(mean, (value, middle) => (value * value) - (middle * middle)).Sum() / 16)
            .ToArray();
        var stored = await server.Api.GetAsync("/v1/models/photo-features/versions/1/weights");
        using var form = new MultipartFormDataContent
        {
            {
                Bodies.Json(
                    $$"""{"name":"photos",{{Base}},"num_classes":4,"labels":{{JsonSerializer.Serialize(Labels)}}}"""
                ),
                "definition"
            },
            {
                new ByteArrayContent(
                    With(
                        stored.Bytes,
                        ("fc.weight", [Labels.Length, length], weight),
                        ("fc.bias", [Labels.Length], bias)
                    )
                ),
                "weights",
                "photos.safetensors"
            },
        };
        await server.Api.CreateAsync(form);
        await server.Api.RemoveAsync("photo-features");
    }

    // A safetensors file with further tensors at its end.
    private static byte[] With(byte[] file, params (string Name, int[] Shape, float[] Values)[] more)
    {
        var end = 8 + (int)BitConverter.ToUInt64(file);
        var header = System.Text.Json.Nodes.JsonNode.Parse(file.AsSpan(8..end))!.AsObject();
        var data = file[end..].ToList();
        foreach (var (name, shape, values) in more)
        {
            var begin = data.Count;
            data.AddRange(MemoryMarshal.AsBytes<float>(values).ToArray());
            header[name] = JsonSerializer.SerializeToNode(
                new
                {
                    dtype = "F32",
                    shape,
                    data_offsets = new[] { begin, data.Count },
                }
            );
        }

        header.Remove("__metadata__");
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data];
    }
}
