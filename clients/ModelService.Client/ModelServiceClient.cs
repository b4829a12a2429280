using System.Globalization;
using System.Net.Http.Json;

namespace ModelService.Client;

/// <summary>A client of Model Service's own API. Thread-safe.</summary>
/// <param name="http">Sends the requests. Its base address is the server's, and ends with a slash.</param>
public sealed class ModelServiceClient(HttpClient http)
{
    private readonly Transport transport = new(http);

    /// <summary>Models and their versions.</summary>
    public ModelsClient Models => new(transport);

    /// <summary>The weights of models.</summary>
    public WeightsClient Weights => new(transport);

    /// <summary>Labelled images.</summary>
    public DatasetsClient Datasets => new(transport);

    /// <summary>Trainings.</summary>
    public TrainingsClient Trainings => new(transport);

    /// <summary>Versions with 8-bit integers that are made in the background.</summary>
    public QuantizationsClient Quantizations => new(transport);

    /// <summary>Evaluations.</summary>
    public EvaluationsClient Evaluations => new(transport);

    /// <summary>What networks see in photos.</summary>
    public ExplanationsClient Explanations => new(transport);

    /// <summary>The predefined networks, and the language of networks.</summary>
    public ArchitecturesClient Architectures => new(transport);

    /// <summary>API keys.</summary>
    public KeysClient Keys => new(transport);

    /// <summary>Lists the requests that changed something, the newest first.</summary>
    /// <param name="model">Only requests about this model.</param>
    /// <param name="since">Only requests from this moment on.</param>
    /// <param name="until">Only requests before this moment. That of the last entry leads to those before it.</param>
    /// <param name="limit">The largest number of entries.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<AuditResponse> ReadAuditAsync(
        string? model = null,
        DateTimeOffset? since = null,
        DateTimeOffset? until = null,
        int? limit = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query()
            .Add("model", model)
            .Add("since", since?.ToString("O", CultureInfo.InvariantCulture))
            .Add("until", until?.ToString("O", CultureInfo.InvariantCulture))
            .Add("limit", limit);
        return transport.GetAsync($"v1/audit{query}", ModelServiceJson.Default.AuditResponse, cancellationToken);
    }

    /// <summary>Tells what the client's key allows.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<KeyResponse> GetKeyAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/key", ModelServiceJson.Default.KeyResponse, cancellationToken);

    /// <summary>Scores a photo.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<PredictResponse> PredictAsync(
        string model,
        Upload photo,
        PredictOptions? options = null,
        CancellationToken cancellationToken = default
    ) => PredictAsync(model, photo.ToContent(), photo.IsRepeatable, options, cancellationToken);

    /// <summary>Scores photos together.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photos">The photos.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<PredictResponse> PredictAsync(
        string model,
        IReadOnlyCollection<Upload> photos,
        PredictOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        PredictAsync(
            model,
            Upload.ToForm(photos, "images"),
            photos.All(photo => photo.IsRepeatable),
            options,
            cancellationToken
        );

    /// <summary>Scores images in base64, or tensors.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<PredictResponse> PredictAsync(
        string model,
        PredictBody inputs,
        PredictOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        PredictAsync(
            model,
            JsonContent.Create(inputs, ModelServiceJson.Default.PredictBody),
            isRepeatable: true,
            options,
            cancellationToken
        );

    private Task<PredictResponse> PredictAsync(
        string model,
        HttpContent body,
        bool isRepeatable,
        PredictOptions? options,
        CancellationToken cancellationToken
    )
    {
        options ??= new PredictOptions();
        var query = new Query().Add("top_k", options.TopK).Add("scores", options.Scores);
        var request = Transport.Send(
            HttpMethod.Post,
            $"{ModelsClient.PathOf(model, options.Version)}/predict{query}",
            body,
            isRepeatable
        );
        if (options.Priority is { } priority)
            request.Headers.Add("X-Priority", WireNames<RequestPriority>.Get(priority));
        if (options.Client is { } caller)
            request.Headers.Add("X-Client", caller);
        request.Within(options.Timeout);
        return transport.SendAsync(request, ModelServiceJson.Default.PredictResponse, cancellationToken);
    }
}

internal static class RequestTimeouts
{
    /// <summary>Tells the server within which time the answer is needed.</summary>
    public static HttpRequestMessage Within(this HttpRequestMessage request, TimeSpan? timeout)
    {
        if (timeout is { } limit)
        {
            var milliseconds = (long)Math.Ceiling(limit.TotalMilliseconds);
            request.Headers.Add("X-Request-Timeout-Ms", milliseconds.ToString(CultureInfo.InvariantCulture));
        }

        return request;
    }
}
