using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Controllers;

/// <summary>Scores that JSON has no numbers for, and inputs that no memory has room for.</summary>
public sealed class PredictExtremesTests(ApiServer server)
{
    private const string Architecture =
        """{"input":{"shape":[2,3]},"layers":[{"type":"flatten"},{"type":"linear","out_features":3}]}""";

    private static readonly float[] Greatest = [.. Enumerable.Repeat(float.MaxValue, 6)];
    private static readonly float[] Usual = [1, 2, 3, 4, 5, 6];

    [Fact]
    public async Task Predict_WeightsWhoseScoresOverflow_SaysThatThereAreNoScores()
    {
        var model = await CreateAsync("extreme-weight", float.MaxValue);

        foreach (var query in new[] { "", "?scores=logits", "?scores=none" })
        {
            var answer = await server.Api.PredictAsync(model, Bodies.Tensors([2, 3], Usual), query);

            answer.Problem(422, "input_mismatch");
        }
    }

    [Fact]
    public async Task Predict_InputWhoseScoresOverflow_FailsAlone()
    {
        var model = await CreateAsync("extreme-input", 2);

        var answer = await server.Api.PredictAsync(
            model,
            Bodies.Tensors([2, 3], Usual, Greatest, Usual),
            "?scores=logits"
        );

        var predictions = answer.Ok().GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal("input_mismatch", predictions[1].GetProperty("error").GetProperty("code").GetString());

        // 2 * (1 + ... + 6) + 2, exact in float32.
        Assert.Equal([44, 44, 44], predictions[0].GetProperty("logits").Floats());
        Assert.Equal([44, 44, 44], predictions[2].GetProperty("logits").Floats());
    }

    [Fact]
    public async Task Predict_MoreNumbersThanABatchHolds_IsRefused()
    {
        const string Wide = """
            {"input":{"channels":1,"height":8192,"width":8192},
              "layers":[{"type":"max_pool2d","kernel_size":2048},{"type":"flatten"},{"type":"linear","out_features":3}]}
            """;
        var model = await server.Api.EnsureAsync(Networks.Model("extreme-wide", Wide));

        // 32 times 2^26 numbers: one more than an array can count.
        var answer = await server.Api.PredictAsync(
            model,
            Bodies.Images(Enumerable.Repeat(Fixtures.Bytes("photos", "one_pixel.png"), 32))
        );

        Assert.Contains(answer.Status, new[] { 400, 413, 422 });
    }

    private async Task<string> CreateAsync(string name, float weight)
    {
        using var file = new TemporaryFile();
        var header = Encoding.ASCII.GetBytes(
            """
            {"1.weight":{"dtype":"F32","shape":[3,6],"data_offsets":[0,72]},
              "1.bias":{"dtype":"F32","shape":[3],"data_offsets":[72,84]}}
            """
        );
        var length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        var numbers = Enumerable.Repeat(weight, 21).ToArray();
        await File.WriteAllBytesAsync(
            file.Path,
            [.. length, .. header, .. MemoryMarshal.AsBytes<float>(numbers)],
            TestContext.Current.CancellationToken
        );
        using var form = Bodies.Model(Networks.Model(name, Architecture), file.Path);
        await server.Api.CreateAsync(form);
        return name;
    }
}
