using System.Net;
using System.Text;
using System.Text.Json;

namespace ModelService.Api.Tests.Support;

/// <summary>Sends requests, and lets no answer pass that is a bug of the server.</summary>
public sealed class ApiClient
{
    private readonly HttpClient http;

    internal ApiClient(HttpClient http)
    {
        this.http = http;

        // Large networks take long on a busy machine; a hanging server is the test worker's business.
        http.Timeout = TimeSpan.FromMinutes(10);
    }

    /// <summary>Where the server is.</summary>
    internal Uri BaseAddress => http.BaseAddress!;

    internal Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    internal Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    internal Task<Answer> PostAsync(string path, HttpContent body) => SendAsync(HttpMethod.Post, path, body);

    internal Task<Answer> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, Bodies.Json(json));

    internal Task<Answer> PredictAsync(string model, HttpContent body, string query = "") =>
        PostAsync($"/v1/models/{model}/predict{query}", body);

    internal Task<Answer> PredictAsync(string model, string json, string query = "") =>
        PredictAsync(model, Bodies.Json(json), query);

    internal Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? body = null) =>
        SendAsync(method, new Uri(path, UriKind.Relative), body);

    internal async Task<Answer> SendAsync(HttpMethod method, Uri uri, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, uri)
        {
            Content = body,
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        var bytes = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var text = Encoding.UTF8.GetString(bytes);
        Assert.False(
            response.StatusCode == HttpStatusCode.InternalServerError,
            $"{method} {uri} found a bug of the server: {text}"
        );
        DocumentedErrors.Check(method, uri, (int)response.StatusCode, text);
        return new Answer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            text,
            response.Headers.Location,
            response.Headers.RetryAfter?.ToString(),
            response.Content.Headers.Allow,
            response.Headers
        )
        {
            Bytes = bytes,
        };
    }

    /// <summary>Creates a model.</summary>
    internal async Task<JsonElement> CreateAsync(HttpContent body) => (await PostAsync("/v1/models", body)).Ok(201);

    /// <summary>Creates a model.</summary>
    internal Task<JsonElement> CreateAsync(string json) => CreateAsync(Bodies.Json(json));

    /// <summary>Creates a model, unless an earlier test of the same class did.</summary>
    internal async Task<string> EnsureAsync(string json)
    {
        var answer = await PostAsync("/v1/models", json);
        Assert.Contains(answer.Status, new[] { 201, 409 });
        return JsonElement.Parse(json).GetProperty("name").GetString()!;
    }

    /// <summary>Removes a model.</summary>
    internal async Task<JsonElement> RemoveAsync(string model) => (await DeleteAsync($"/v1/models/{model}")).Ok();
}
