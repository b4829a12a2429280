using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ModelService.Client;

/// <summary>
/// Speaks the Open Inference Protocol over REST, with the extension of binary data: tensors travel as they are.
/// </summary>
/// <param name="http">Sends the requests. Its base address is the server's, and ends with a slash.</param>
public sealed class RestInferenceClient(HttpClient http) : IInferenceClient
{
    private readonly Transport transport = new(http);

    /// <inheritdoc/>
    public Task<bool> IsReadyAsync(CancellationToken cancellationToken = default) =>
        IsOkAsync("v2/health/ready", cancellationToken);

    /// <inheritdoc/>
    public Task<bool> IsModelReadyAsync(
        string model,
        string? version = null,
        CancellationToken cancellationToken = default
    ) => IsOkAsync($"{PathOf(model, version)}/ready", cancellationToken);

    /// <inheritdoc/>
    public async Task<ServerMetadata> GetServerAsync(CancellationToken cancellationToken = default)
    {
        var json = await GetAsync("v2", cancellationToken).ConfigureAwait(false);
        return new ServerMetadata(Text(json, "name"), Text(json, "version"), Texts(json, "extensions") ?? []);
    }

    /// <inheritdoc/>
    public async Task<ModelMetadata> GetModelAsync(
        string model,
        string? version = null,
        CancellationToken cancellationToken = default
    )
    {
        var json = await GetAsync(PathOf(model, version), cancellationToken).ConfigureAwait(false);
        return new ModelMetadata(
            Text(json, "name"),
            Texts(json, "versions"),
            Text(json, "platform"),
            Tensors(json, "inputs"),
            Tensors(json, "outputs")
        );
    }

    /// <inheritdoc/>
    public async Task<InferenceResult> InferAsync(
        InferenceRequest request,
        CancellationToken cancellationToken = default
    )
    {
        var content = new InferenceContent(request);
        using var response = await transport
            .SendAsync(
                Transport.Send(
                    HttpMethod.Post,
                    $"{PathOf(request.Model, request.Version)}/infer",
                    content,
                    isRepeatable: true
                ),
                cancellationToken
            )
            .ConfigureAwait(false);
        var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return InferenceAnswer.Read(bytes, JsonLength(response) ?? bytes.Length);
    }

    /// <inheritdoc/>
    public Task LoadAsync(string model, CancellationToken cancellationToken = default) =>
        ChangeAsync(model, "load", cancellationToken);

    /// <inheritdoc/>
    public Task UnloadAsync(string model, CancellationToken cancellationToken = default) =>
        ChangeAsync(model, "unload", cancellationToken);

    private static string PathOf(string model, string? version) =>
        $"v2/models/{Transport.Escape(model)}"
        + (string.IsNullOrEmpty(version) ? "" : $"/versions/{Transport.Escape(version)}");

    private static int? JsonLength(HttpResponseMessage response) =>
        response.Headers.TryGetValues(InferenceContent.LengthHeader, out var values)
        || response.Content.Headers.TryGetValues(InferenceContent.LengthHeader, out values)
            ? int.Parse(values.First(), CultureInfo.InvariantCulture)
            : null;

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static IReadOnlyList<string>? Texts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : null;

    private static IReadOnlyList<TensorMetadata> Tensors(JsonElement json, string name) =>
        [
            .. json.GetProperty(name)
                .EnumerateArray()
                .Select(tensor => new TensorMetadata(
                    Text(tensor, "name"),
                    Text(tensor, "datatype"),
                    [.. tensor.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())]
                )),
        ];

    private Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken) =>
        transport.GetAsync(path, ModelServiceJson.Default.JsonElement, cancellationToken);

    private async Task<bool> IsOkAsync(string path, CancellationToken cancellationToken)
    {
        // Not ready is an answer here, and no refusal that is worth another attempt.
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Options.Set(Transport.IsRepeatable, false);
        try
        {
            using var response = await transport.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ModelServiceException exception)
            when (exception.Status
                    is HttpStatusCode.ServiceUnavailable
                        or HttpStatusCode.BadRequest
                        or HttpStatusCode.NotFound
            )
        {
            return false;
        }
    }

    private async Task ChangeAsync(string model, string change, CancellationToken cancellationToken)
    {
        var body = new ByteArrayContent("{}"u8.ToArray());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await transport
            .SendAsync(
                Transport.Send(
                    HttpMethod.Post,
                    $"v2/repository/models/{Transport.Escape(model)}/{change}",
                    body,
                    isRepeatable: true
                ),
                cancellationToken
            )
            .ConfigureAwait(false);
    }
}
