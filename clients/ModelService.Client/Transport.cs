using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ModelService.Client;

/// <summary>Sends requests, and turns the server's errors into exceptions.</summary>
/// <param name="http">Sends them.</param>
internal sealed class Transport(HttpClient http)
{
    /// <summary>Says of a request whether it can be sent again after a refusal.</summary>
    public static HttpRequestOptionsKey<bool> IsRepeatable { get; } = new("ModelService.IsRepeatable");

    /// <summary>Reads JSON.</summary>
    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), type, cancellationToken);

    /// <summary>Sends JSON, and reads JSON.</summary>
    public Task<T> SendAsync<TBody, T>(
        HttpMethod method,
        string path,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, bodyType) },
            type,
            cancellationToken
        );

    /// <summary>Sends a request, and reads JSON.</summary>
    public async Task<T> SendAsync<T>(
        HttpRequestMessage request,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
    {
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false)
                ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException exception)
        {
            throw new ModelServiceException(
                response.StatusCode,
                "",
                "The server's answer is not what the API describes.",
                innerException: exception
            );
        }
    }

    /// <summary>Sends a request, and returns the answer when its headers have come.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(IsRepeatable, out _))
            request.Options.Set(IsRepeatable, true);
        using (request)
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                .ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return response;
            using (response)
                throw await ReadErrorAsync(response, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Reads an answer as it comes.</summary>
    public async Task<Stream> StreamAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads an answer whole.</summary>
    public async Task<byte[]> BytesAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A request that sends a file.</summary>
    public static HttpRequestMessage Send(HttpMethod method, string path, Upload file) =>
        Send(method, path, file.ToContent(), file.IsRepeatable);

    /// <summary>A request that sends a body.</summary>
    public static HttpRequestMessage Send(HttpMethod method, string path, HttpContent? body, bool isRepeatable)
    {
        var request = new HttpRequestMessage(method, path) { Content = body };
        request.Options.Set(IsRepeatable, isRepeatable);
        return request;
    }

    /// <summary>A part of a path.</summary>
    public static string Escape(string part) => Uri.EscapeDataString(part);

    private static async Task<ModelServiceException> ReadErrorAsync(
        HttpResponseMessage response,
        CancellationToken cancellationToken
    )
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        var retryAfter =
            response.Headers.RetryAfter?.Delta
            ?? (
                response.Headers.RetryAfter?.Date is { } date
                    ? TimeSpan.FromSeconds(Math.Max(0, (date - TimeProvider.System.GetUtcNow()).TotalSeconds))
                    : null
            );
        try
        {
            if (response.Content.Headers.ContentType?.MediaType == "application/problem+json")
            {
                var error = JsonSerializer.Deserialize(text, ModelServiceJson.Default.ErrorResponse)!;
                return new ModelServiceException(response.StatusCode, error.Code, error.Detail, error, retryAfter);
            }

            // The Open Inference Protocol's form.
            var json = JsonDocument.Parse(text).RootElement;
            if (json.ValueKind == JsonValueKind.Object && json.TryGetProperty("error", out var detail))
                return new ModelServiceException(response.StatusCode, "", $"{detail}", retryAfter: retryAfter);
        }
        catch (JsonException)
        {
            // Something else has answered, such as a proxy.
        }

        return new ModelServiceException(
            response.StatusCode,
            "",
            string.Create(CultureInfo.InvariantCulture, $"The server answered with {(int)response.StatusCode}: {text}"),
            retryAfter: retryAfter
        );
    }
}

/// <summary>A query.</summary>
internal readonly struct Query
{
    private readonly string text;

    private Query(string text) => this.text = text;

    /// <summary>Adds a parameter, unless its value is null.</summary>
    public Query Add(string name, IFormattable? value) =>
        Add(name, value?.ToString(null, CultureInfo.InvariantCulture));

    /// <summary>Adds a parameter, unless its value is null.</summary>
    public Query Add(string name, bool? value) => Add(name, value is { } flag ? (flag ? "true" : "false") : null);

    /// <summary>Adds a parameter, unless its value is null.</summary>
    public Query Add<T>(string name, T? value)
        where T : struct, Enum => Add(name, value is { } given ? WireNames<T>.Get(given) : null);

    /// <summary>Adds a parameter, unless its value is null.</summary>
    public Query Add(string name, string? value) =>
        value is null
            ? this
            : new Query($"{text}{(string.IsNullOrEmpty(text) ? '?' : '&')}{name}={Uri.EscapeDataString(value)}");

    public override string ToString() => text ?? "";
}
