using System.Net.Sockets;
using ModelService.Conformance;

// dotnet run --project tests/Conformance
// dotnet run --project tests/Conformance -- --rest http://localhost:8000 --grpc http://localhost:8001 --model pets
const string Usage = """
    Tries whether a server speaks the Open Inference Protocol, and prints each case with what it expects and what came.
    The exit code is 0 if no case has failed.

      --rest URL     the server to try; without it, the kit starts this project's own
      --grpc URL     its address for gRPC; without it, gRPC is not tried
      --model NAME   a model with one FP32 input, which all of its inputs of -1 take as 1
      --key KEY      an API key
      --manage       also unload and load the model
      --only TEXT    only cases whose names have the text
    """;

var options = new Dictionary<string, string>();
for (var index = 0; index < args.Length; index++)
{
    if (args[index] == "--manage")
        options["--manage"] = "";
    else if (args[index] is "--rest" or "--grpc" or "--model" or "--key" or "--only" && index + 1 < args.Length)
        options[args[index]] = args[++index];
    else
        return Fail(Usage);
}

if (options.ContainsKey("--rest") && !options.ContainsKey("--model"))
    return Fail("Say which model: --model NAME");
using var own = options.ContainsKey("--rest") ? null : await StartedServer.StartAsync();
var rest = own?.Rest ?? new Uri(options["--rest"]);
var grpc = own?.Grpc ?? (options.TryGetValue("--grpc", out var address) ? new Uri(address) : null);
try
{
    using var target = await Target.ConnectAsync(
        rest,
        grpc,
        own is null ? options["--model"] : StartedServer.Model,
        options.GetValueOrDefault("--key")
    );
    return await RunAsync(target, own is not null || options.ContainsKey("--manage"));
}
catch (Exception exception) when (exception is UnmetException or HttpRequestException or SocketException)
{
    return Fail($"{rest} can't be tried: {exception.Message}");
}

async Task<int> RunAsync(Target target, bool manages)
{
    var counts = new Dictionary<string, int>();
    await foreach (var tried in Kit.TryAsync(target, manages, options.GetValueOrDefault("--only")))
    {
        var (item, verdict, outcome) = tried;
        Console.WriteLine($"{verdict, -8} {item.Name}\n           expected {item.Expectation}; got {outcome}");
        counts[verdict] = counts.GetValueOrDefault(verdict) + 1;
    }

    var summary = counts.OrderBy(count => count.Key).Select(count => $"{count.Value} {count.Key}");
    Console.WriteLine($"{target.Server}: {string.Join(", ", summary)}");
    return counts.ContainsKey(Kit.Failed) ? 1 : 0;
}

static int Fail(string text)
{
    Console.Error.WriteLine(text);
    return 2;
}
