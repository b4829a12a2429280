using System.Globalization;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using ModelService.Protocol;

namespace ModelService.Conformance;

/// <summary>The server that is tried, and the model that it is tried with.</summary>
internal sealed class Target : IDisposable
{
    private readonly HttpClient http;
    private readonly GrpcChannel? channel;

    private Target(HttpClient http, GrpcChannel? channel, Metadata headers, string model)
    {
        (this.http, this.channel, Headers, Model) = (http, channel, headers, model);
        if (channel is not null)
            Calls = new GRPCInferenceService.GRPCInferenceServiceClient(channel);
    }

    /// <summary>Its calls over gRPC; null: it is not tried.</summary>
    public GRPCInferenceService.GRPCInferenceServiceClient? Calls { get; }

    /// <summary>The channel of the calls; null: gRPC is not tried.</summary>
    public GrpcChannel? Channel => channel;

    /// <summary>The headers of each call.</summary>
    public Metadata Headers { get; }

    /// <summary>The name of the model.</summary>
    public string Model { get; }

    /// <summary>The server's own name.</summary>
    public string Server { get; private set; } = "";

    /// <summary>The extensions that it advertises.</summary>
    public IReadOnlyList<string> Extensions { get; private set; } = [];

    /// <summary>The name of the model's input of numbers.</summary>
    public string Input { get; private set; } = "";

    /// <summary>The shape of that input, with a batch of one.</summary>
    public IReadOnlyList<long> Shape { get; private set; } = [];

    /// <summary>Whether the model also takes photos, as <c>image</c>.</summary>
    public bool TakesPhotos { get; private set; }

    /// <summary>The names of the model's outputs of numbers.</summary>
    public IReadOnlyList<string> Outputs { get; private set; } = [];

    /// <summary>Numbers for the input.</summary>
    public float[] Numbers { get; private set; } = [];

    /// <summary>Finds out what a server and its model are.</summary>
    public static async Task<Target> ConnectAsync(Uri rest, Uri? grpc, string model, string? key)
    {
        var http = new HttpClient
        {
            BaseAddress = new Uri(rest.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromMinutes(2),
        };
        var headers = new Metadata();
        if (key is not null)
        {
            http.DefaultRequestHeaders.Add("X-API-Key", key);
            headers.Add("x-api-key", key);
        }

        var channel = grpc is null ? null : GrpcChannel.ForAddress(grpc);
        var target = new Target(http, channel, headers, model);
        await target.DescribeAsync();
        return target;
    }

    public void Dispose()
    {
        http.Dispose();
        channel?.Dispose();
    }

    /// <summary>Sends a request.</summary>
    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? body = null)
    {
        // Relative, since the server may be at a path.
        using var request = new HttpRequestMessage(method, path[1..]) { Content = body };
        using var response = await http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Reads.</summary>
    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Sends JSON.</summary>
    public Task<Answer> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, Bodies.Json(json));

    /// <summary>Infers.</summary>
    public Task<Answer> InferAsync(HttpContent body) => SendAsync(HttpMethod.Post, $"/v2/models/{Model}/infer", body);

    /// <summary>Infers.</summary>
    public Task<Answer> InferAsync(string json) => InferAsync(Bodies.Json(json));

    /// <summary>JSON of a request to infer.</summary>
    /// <param name="data">The data; null: the numbers.</param>
    /// <param name="shape">The shape; null: that of the input.</param>
    /// <param name="datatype">The datatype.</param>
    /// <param name="name">The name of the input; null: that of the model's.</param>
    /// <param name="more">Further properties, after a comma.</param>
    public string Json(
        string? data = null,
        string? shape = null,
        string datatype = "FP32",
        string? name = null,
        string more = ""
    ) =>
        $$"""
            {"inputs":[{"name":"{{name ?? Input}}","shape":{{shape ?? $"[{string.Join(',', Shape)}]"}},
            "datatype":"{{datatype}}","data":{{data ?? Bodies.Flat(Numbers)}}}]{{more}}}
            """;

    /// <summary>JSON of a request to infer whose data follow it.</summary>
    /// <param name="more">Further properties, after a comma.</param>
    /// <param name="size">The number of bytes; null: those of the numbers.</param>
    public string BinaryJson(string more = "", string? size = null)
    {
        var bytes = size ?? (Numbers.Length * sizeof(float)).ToString(CultureInfo.InvariantCulture);
        return $$$"""
            {"inputs":[{"name":"{{{Input}}}","shape":[{{{string.Join(',', Shape)}}}],"datatype":"FP32",
            "parameters":{"binary_data_size":{{{bytes}}}}}]{{{more}}}}
            """;
    }

    /// <summary>Fails unless the server is alive and infers.</summary>
    public async Task LivesAsync()
    {
        (await GetAsync("/v2/health/live")).Expect(200);
        (await InferAsync(Json())).Expect(200);
    }

    private async Task DescribeAsync()
    {
        var server = (await GetAsync("/v2")).Expect(200).Json;
        Server = server.GetProperty("name").GetString() ?? "";
        if (server.TryGetProperty("extensions", out var extensions))
            Extensions = [.. extensions.EnumerateArray().Select(item => item.GetString()!)];
        var model = (await GetAsync($"/v2/models/{Model}")).Expect(200).Json;
        var inputs = model.GetProperty("inputs").EnumerateArray().ToList();
        var input = inputs.Find(tensor => tensor.GetProperty("datatype").GetString() == "FP32");
        UnmetException.Unless(input.ValueKind == JsonValueKind.Object, "the model has no FP32 input to try it with");
        Input = input.GetProperty("name").GetString()!;
        Shape = [.. input.GetProperty("shape").EnumerateArray().Select(size => Math.Max(1, size.GetInt64()))];
        TakesPhotos = inputs.Exists(tensor => tensor.GetProperty("name").GetString() == "image");
        Outputs =
        [
            .. model
                .GetProperty("outputs")
                .EnumerateArray()
                .Where(tensor => tensor.GetProperty("datatype").GetString() == "FP32")
                .Select(tensor => tensor.GetProperty("name").GetString()!),
        ];
        var random = new Random(1);
        var count = Shape.Aggregate(1L, (product, size) => product * size);
        Numbers = [.. Enumerable.Range(0, (int)count).Select(_ => random.NextSingle())];
    }
}
