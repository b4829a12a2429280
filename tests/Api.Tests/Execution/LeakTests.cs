using System.Diagnostics;
using ModelService.Api.Tests.Support;
using static TorchSharp.torch;

namespace ModelService.Api.Tests.Execution;

/// <summary>What many requests leave behind.</summary>
[Collection(nameof(Alone))]
public sealed class LeakTests(ApiServer server, ITestOutputHelper output)
{
    private const string Architecture = """
        {"input":{"channels":3,"height":128,"width":128},
          "layers":[{"type":"flatten"},{"type":"linear","out_features":4}]}
        """;

    // One input is 192 KiB: a thousand of them that stay would be three times this.
    private const long MostGrowth = 64 << 20;

    [Measured]
    [Fact]
    public async Task Predict_AThousandTimes_LeavesNoTensorsAndNoMemory()
    {
        await server.Api.CreateAsync(Networks.Model("leaky", Architecture));
        var image = Fixtures.Bytes("photos", "exif_1.jpg");
        await PredictAsync("leaky", image, times: 300);
        var (tensors, memory) = (Tensor.TotalCount, ResidentBytes());

        await PredictAsync("leaky", image, times: 1000);

        Assert.True(Tensor.TotalCount <= tensors, $"{Tensor.TotalCount - tensors} tensors are left over.");
        var growth = ResidentBytes() - memory;
        Assert.True(growth <= MostGrowth, $"The process grew by {growth >> 20} MiB.");
        await server.Api.RemoveAsync("leaky");
    }

    [Measured]
    [Fact]
    public async Task Explain_AThousandTimes_LeavesNoTensors()
    {
        await server.Api.CreateAsync(Networks.Lesson("leaky-explained"));
        await ExplainAsync(100);
        var tensors = Tensor.TotalCount;

        await ExplainAsync(1000);

        Assert.True(Tensor.TotalCount <= tensors, $"{Tensor.TotalCount - tensors} tensors are left over.");
        await server.Api.RemoveAsync("leaky-explained");

        async Task ExplainAsync(int times)
        {
            string[] methods = ["grad_cam", "layer_cam&layer=1", "integrated_gradients&steps=16", "occlusion"];
            for (var i = 0; i < times; i++)
            {
                var path = $"/v1/models/leaky-explained/explain?output=json&method={methods[i % methods.Length]}";
                (await server.Api.PostAsync(path, Networks.InputJson(i))).Ok();
            }
        }
    }

    [Measured]
    [Fact]
    public async Task Predict_LargePhotosAtOnce_GivesTheirMemoryBack()
    {
        await server.Api.CreateAsync(Networks.Model("leaky-photos", Architecture));
        await PredictAsync("leaky-photos", Fixtures.Bytes("photos", "exif_1.jpg"), times: 100);

        // A progressive JPEG is held in memory as a whole: 48 million pixels, from few bytes.
        using var black = NetVips.Image.Black(8000, 6000, bands: 3);
        var photo = black.JpegsaveBuffer(interlace: true);
        var before = ResidentBytes();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PredictAsync("leaky-photos", photo, times: 1)));

        var highest = ResidentBytes();
        var after = await Eventually.GetAsync(
            () => Task.FromResult(ResidentBytes()),
            resident => resident <= before + MostGrowth
        );
        output.WriteLine($"{before >> 20} MiB before, {highest >> 20} MiB at the end, {after >> 20} MiB given back.");
        await server.Api.RemoveAsync("leaky-photos");
    }

    [Measured]
    [Fact]
    public async Task Delete_LargeModel_GivesItsMemoryBack()
    {
        // 12 million parameters, 47 MiB: of eight models, one that stays is within the bound, two are not. TorchSharp's
        // count of tensors says nothing here: it counts a module's parameters twice when they are made, and once when
        // they go.
        const string Large = """
            {"input":{"channels":3,"height":32,"width":32},
              "layers":[{"type":"flatten"},{"type":"linear","out_features":4000},
              {"type":"linear","out_features":4}]}
            """;
        await ServeAsync(Large, times: 4);

        // Medians: the memory of one or two models is there at one moment and not at the next.
        var (early, late) = (Median(await ServeAsync(Large, times: 8)), Median(await ServeAsync(Large, times: 8)));

        Assert.True(late - early <= MostGrowth, $"The process grew by {(late - early) >> 20} MiB.");
    }

    [Fact]
    public async Task Create_WeightsThatDoNotFit_LeavesNoTensors()
    {
        var tensors = Tensor.TotalCount;

        for (var i = 0; i < 20; i++)
        {
            using var form = Bodies.Model(
                Networks.Lesson("unfit"),
                Fixtures.Path("weights", "lesson", "lesson_head7.pth")
            );
            (await server.Api.PostAsync("/v1/models", form)).Problem(422, "weights_mismatch");
        }

        Assert.True(Tensor.TotalCount <= tensors, $"{Tensor.TotalCount - tensors} tensors are left over.");
    }

    [Fact]
    public async Task Load_WithSamples_LeavesNoMoreTensorsThanWithout()
    {
        var sample = $$"""{"image":"{{Convert.ToBase64String(Fixtures.Bytes("photos", "exif_1.jpg"))}}","top_1":0}""";
        await server.Api.CreateAsync(Networks.Tiny("without-samples"));
        await server.Api.CreateAsync(
            Networks.Tiny("with-samples", $"\"seed\":1,\"samples\":[{string.Join(',', Enumerable.Repeat(sample, 32))}]")
        );
        await ReloadAsync("with-samples");

        // Whatever a load leaves by TorchSharp's count, which is not exact: 32 samples leave nothing beside it.
        var (without, with) = (await ReloadAsync("without-samples"), await ReloadAsync("with-samples"));

        Assert.True(with <= without, $"{with - without} tensors are left over.");
        await server.Api.RemoveAsync("without-samples");
        await server.Api.RemoveAsync("with-samples");
    }

    private async Task<long> ReloadAsync(string model)
    {
        var tensors = Tensor.TotalCount;
        (await server.Api.PostAsync($"/v1/models/{model}/versions/1/unload", "")).Ok();
        (await server.Api.PostAsync($"/v1/models/{model}/versions/1/load", "")).Ok();
        return Tensor.TotalCount - tensors;
    }

    // The resident memory after each time.
    private async Task<List<long>> ServeAsync(string architecture, int times)
    {
        var resident = new List<long>();
        for (var i = 0; i < times; i++)
        {
            await server.Api.CreateAsync(Networks.Model("freed", architecture));
            (await server.Api.PredictAsync("freed", Networks.InputJson())).Ok();
            await server.Api.RemoveAsync("freed");
            resident.Add(ResidentBytes());
        }

        return resident;
    }

    private async Task PredictAsync(string model, byte[] image, int times)
    {
        for (var i = 0; i < times; i++)
            (await server.Api.PredictAsync(model, Bodies.Raw(image, "image/jpeg"))).Ok();
    }

    private static long Median(List<long> values) => values.Order().ElementAt(values.Count / 2);

    private static long ResidentBytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
