using System.Globalization;
using System.Text.Json;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Execution;

/// <summary>
/// What a version's record says of its memory, beside what the server takes from the system to serve it.
/// </summary>
[Measured]
[Collection(nameof(Alone))]
public sealed class ServingMemoryTests(ITestOutputHelper output)
{
    // Most of a small network's memory is heaps of the C library, and which thread gets which one is chance: the same
    // run differs by 8 %.
    private const double Tolerance = 0.1;
    private const int Rounds = 5;

    [Fact]
    public async Task Create_ResNet50_TakesWhatItsRecordSays()
    {
        await CompareAsync(["""{"name":"large","base":"resnet50","seed":1}"""]);
    }

    [Fact]
    public async Task Create_TwentySmallNetworks_TakeWhatTheirRecordsSay()
    {
        // Each has a program of its own.
        await CompareAsync([
            .. Enumerable.Range(0, 20).Select(number => Networks.Model($"small{number}", Small(32 + number))),
        ]);
    }

    // Has served a network with photos of the same size already: what libtorch, the images' library and photos take is
    // no version's.
    private static async Task<ServerProcess> StartAsync(string data)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems don't tell the memory in this way.");
        var server = await ServerProcess.StartAsync(
            data,
            "--ModelService:Compute:Threads=2",
            "--ModelService:Compute:Trial=false"
        );
        await server.Api.CreateAsync(Networks.Model("first", Pooled));
        await ServeAsync(server, "first");
        return server;
    }

    // The median of several servers: which heap the C library gives a thread is chance.
    private async Task CompareAsync(IReadOnlyList<string> definitions)
    {
        var ratios = new List<double>();
        for (var round = 0; round < Rounds; round++)
            ratios.Add(await MeasureAsync(definitions));
        Assert.InRange(ratios.Order().ElementAt(Rounds / 2), 1 - Tolerance, 1 + Tolerance);
    }

    private async Task<double> MeasureAsync(IReadOnlyList<string> definitions)
    {
        using var data = new TemporaryFolder();
        using var server = await StartAsync(data.Path);
        var before = AnonymousBytes(server);
        var records = new List<JsonElement>();
        foreach (var definition in definitions)
            records.Add(await server.Api.CreateAsync(definition));
        foreach (var record in records)
            await ServeAsync(server, record.GetProperty("name").GetString()!);

        var grown = AnonymousBytes(server) - before;
        long Sum(string part) => records.Sum(record => record.GetProperty(part).GetInt64());
        var (plan, workspace) = (Sum("plan_bytes"), Sum("workspace_bytes"));
        var told = plan + workspace;
        var sentence = string.Create(
            CultureInfo.InvariantCulture,
            $"Grown by {grown >> 20} MiB; told were {told >> 20} ({plan >> 20} + {workspace >> 20})."
        );
        output.WriteLine(sentence);
        return (double)told / grown;
    }

    // Batches of every size.
    private static async Task ServeAsync(ServerProcess server, string model)
    {
        var photo = Fixtures.Bytes("photos", "chelsea.jpg");
        for (var round = 0; round < 3; round++)
        {
            for (var count = 1; count <= 8; count++)
                (await server.Api.PredictAsync(model, Bodies.Files(Enumerable.Repeat(photo, count)))).Ok();
        }
    }

    private const string Pooled = """
        {"input":{"channels":3,"height":224,"width":224},"layers":[
          {"type":"conv2d","out_channels":16,"kernel_size":3,"stride":4},{"type":"relu"},
          {"type":"max_pool2d","kernel_size":8},{"type":"flatten"},{"type":"linear","out_features":10}]}
        """;

    private static string Small(int channels) =>
        $$"""
            {"input":{"channels":3,"height":32,"width":32},"layers":[
              {"type":"conv2d","out_channels":{{channels}},"kernel_size":3,"padding":1},{"type":"relu"},
              {"type":"max_pool2d","kernel_size":2},
              {"type":"conv2d","out_channels":64,"kernel_size":3,"padding":1},{"type":"batch_norm2d"},{"type":"relu"},
              {"type":"max_pool2d","kernel_size":2},
              {"type":"conv2d","out_channels":64,"kernel_size":3,"padding":1},{"type":"relu"},
              {"type":"flatten"},{"type":"linear","out_features":10}]}
            """;

    private static long AnonymousBytes(ServerProcess server) =>
        1024
        * File.ReadLines($"/proc/{server.Id}/smaps_rollup")
            .Where(line => line.StartsWith("Anonymous:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], null))
            .Single();
}
