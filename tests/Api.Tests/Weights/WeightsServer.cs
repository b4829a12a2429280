using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using ModelService.Api.Tests.Support;

namespace ModelService.Api.Tests.Weights;

/// <summary>The whole server on a real socket, with a staging folder of its own.</summary>
public sealed class WeightsServer : WebApplicationFactory<LimitsOptions>
{
    private readonly Lazy<HttpClient> client;
    private readonly TemporaryFolder data = new();

    public WeightsServer()
    {
        // By options: with a port alone, the factory sets the address beside the start, and at times too late.
        UseKestrel(static kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0));
        client = new Lazy<HttpClient>(() =>
        {
            // The factory's own client would keep each body in memory, to send it again after a redirect.
            StartServer();
            return new HttpClient { BaseAddress = ClientOptions.BaseAddress, Timeout = TimeSpan.FromMinutes(10) };
        });
    }

    /// <summary>Where uploads wait.</summary>
    public string Staging { get; init; } = Directory.CreateTempSubdirectory("weights-test-").FullName;

    /// <summary>What waits there.</summary>
    public string[] StagedFiles => Directory.GetFileSystemEntries(Staging);

    internal Dictionary<string, string> Settings { get; init; } = [];

    internal HttpClient Client => client.Value;

    internal static string LessonArchitecture { get; } = Architecture("lesson");

    internal static string Architecture(string net) => Fixtures.Json("weights", net, "architecture.json").GetRawText();

    /// <summary>A definition with a network of its own; <paramref name="more"/> begins with a comma.</summary>
    internal static string Definition(string name, string architecture, string more = "") =>
        $$"""{"name":"{{name}}","architecture":{{architecture}}{{more}}}""";

    internal static string File(params string[] parts) => Fixtures.Path(["weights", .. parts]);

    internal Task<Reply> CreateAsync(string definition, string? file = null, string query = "")
    {
        var json = new StringContent(definition, Encoding.UTF8, "application/json");
        return SendAsync(
            HttpMethod.Post,
            "/v1/models" + query,
            file is null
                ? json
                : new MultipartFormDataContent { { json, "definition" }, { Body(file), "weights", "w" } }
        );
    }

    internal Task<Reply> CheckAsync(string name, string file, string query = "") =>
        SendAsync(HttpMethod.Post, $"/v1/models/{name}/weights/check{query}", Body(file));

    internal Task<Reply> PutAsync(string name, string file, string query = "", int version = 1) =>
        SendAsync(HttpMethod.Put, $"/v1/models/{name}/versions/{version}/weights{query}", Body(file));

    internal Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    internal Task<Reply> RemoveAsync(string name) => SendAsync(HttpMethod.Delete, $"/v1/models/{name}", null);

    /// <summary>A version's weights as a file on disk, to be deleted by whoever asked.</summary>
    internal async Task<string> DownloadAsync(string name)
    {
        var path = Path.Combine(Path.GetTempPath(), $"weights-test-{Guid.NewGuid():N}.safetensors");
        await System.IO.File.WriteAllBytesAsync(
            path,
            await Client.GetByteArrayAsync(new Uri($"/v1/models/{name}/versions/1/weights", UriKind.Relative), Token),
            Token
        );
        return path;
    }

    /// <summary>Logits of inputs <c>[N, ...]</c>.</summary>
    internal async Task<(Reply Reply, float[] Logits)> LogitsAsync(string name, float[] inputs, long[] shape)
    {
        var size = inputs.Length / (int)shape[0];
        var tensors = inputs
            .Chunk(size)
            .Select(data => new { shape = shape[1..], data = data.Select(value => (double)value) });
        var reply = await SendAsync(
            HttpMethod.Post,
            $"/v1/models/{name}/predict?scores=logits",
            JsonContent.Create(new { tensors })
        );
        Assert.True(reply.Status == 200, reply.Text);
        return (
            reply,
            [
                .. reply
                    .Json.GetProperty("predictions")
                    .EnumerateArray()
                    .SelectMany(item => item.GetProperty("logits").EnumerateArray().Select(value => value.GetSingle())),
            ]
        );
    }

    /// <summary>Logits of the fixture's own input.</summary>
    internal async Task<float[]> LogitsAsync(string name, string net = "lesson")
    {
        var io = SafetensorsFile.Read(File(net, "io.safetensors"));
        return (await LogitsAsync(name, io.Floats("input"), io.Shape("input"))).Logits;
    }

    internal async Task<Reply> SendAsync(HttpMethod method, string path, HttpContent? body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body };
        using var response = await Client.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(
            (int)response.StatusCode < 500,
            string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {text}")
        );
        DocumentedErrors.Check(method, request.RequestUri!, (int)response.StatusCode, text);
        return new Reply((int)response.StatusCode, text);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Serilog:MinimumLevel:Default", "Error");
        builder.UseSetting("ModelService:Storage:Staging", Staging);
        builder.UseSetting("ModelService:Storage:Path", data.Path);
        foreach (var (key, value) in Settings)
            builder.UseSetting(key, value);
    }

    public override async ValueTask DisposeAsync()
    {
        if (client.IsValueCreated)
            Client.Dispose();
        await base.DisposeAsync();
        data.Dispose();
        if (Directory.Exists(Staging))
            Directory.Delete(Staging, recursive: true);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static StreamContent Body(string file) => new(System.IO.File.OpenRead(file));
}

/// <summary>What the server answered.</summary>
internal sealed record Reply(int Status, string Text)
{
    public JsonElement Json => JsonElement.Parse(Text);

    /// <summary>The body of a success.</summary>
    public JsonElement Ok(int status = 200)
    {
        Assert.True(Status == status, $"{Status} {Text}");
        return Json;
    }

    /// <summary>The body of an error.</summary>
    public JsonElement Problem(int status, string code)
    {
        Assert.True(Status == status && Code == code, $"{Status} {Text}");
        return Json;
    }

    /// <summary>The code of an error; null for a success.</summary>
    public string? Code => Status >= 400 ? Json.GetProperty("code").GetString() : null;
}

internal static class JsonNames
{
    /// <summary>The strings of a list.</summary>
    public static string[] Strings(this JsonElement json, string property) =>
        [.. json.GetProperty(property).EnumerateArray().Select(item => item.GetString()!)];
}
