using System.Net.Http.Json;

namespace ModelService.Client;

/// <summary>Makes, lists, changes and deletes models, their versions and weights. Thread-safe.</summary>
public sealed class ModelsClient
{
    private readonly Transport transport;

    internal ModelsClient(Transport transport) => this.transport = transport;

    /// <summary>Makes a model.</summary>
    /// <param name="definition">What it is.</param>
    /// <param name="weights">A weights file; null: the weights are random, or those that the definition names.</param>
    /// <param name="options">How the weights are read.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> CreateAsync(
        ModelDefinition definition,
        Upload? weights = null,
        WeightsOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        CreateAsync(
            "v1/models",
            JsonContent.Create(definition, ModelServiceJson.Default.ModelDefinition),
            weights,
            options,
            cancellationToken
        );

    /// <summary>Lists the models.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/models", ModelServiceJson.Default.ModelListResponse, cancellationToken);

    /// <summary>Returns a model: its default version in full, and all its versions in brief.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> GetAsync(string model, CancellationToken cancellationToken = default) =>
        transport.GetAsync(
            $"v1/models/{Transport.Escape(model)}",
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>Changes a model's default version or its labels.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> UpdateAsync(
        string model,
        ModelUpdateBody body,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            HttpMethod.Patch,
            $"v1/models/{Transport.Escape(model)}",
            body,
            ModelServiceJson.Default.ModelUpdateBody,
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>Deletes a model, after its running predictions have finished.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelDeletedResponse> DeleteAsync(string model, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"v1/models/{Transport.Escape(model)}"),
            ModelServiceJson.Default.ModelDeletedResponse,
            cancellationToken
        );

    /// <summary>Returns the network of a model's default version.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="format">The format: the architecture language or Python.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ArchitectureDefinition> GetArchitectureAsync(
        string model,
        ArchitectureFormat? format = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("format", format);
        return transport.GetAsync(
            $"v1/models/{Transport.Escape(model)}/architecture{query}",
            ModelServiceJson.Default.ArchitectureDefinition,
            cancellationToken
        );
    }

    /// <summary>Makes a new version of a model, which serves when it is ready.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="definition">What differs from the version that serves.</param>
    /// <param name="weights">A weights file; null: the weights are random, or those that the definition names.</param>
    /// <param name="options">How the weights are read.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> CreateVersionAsync(
        string model,
        VersionDefinition definition,
        Upload? weights = null,
        WeightsOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        CreateAsync(
            $"{PathOf(model, null)}/versions",
            JsonContent.Create(definition, ModelServiceJson.Default.VersionDefinition),
            weights,
            options,
            cancellationToken
        );

    /// <summary>Lists the versions of a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<VersionListResponse> ListVersionsAsync(string model, CancellationToken cancellationToken = default) =>
        transport.GetAsync(
            $"v1/models/{Transport.Escape(model)}/versions",
            ModelServiceJson.Default.VersionListResponse,
            cancellationToken
        );

    /// <summary>Returns a version of a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> GetVersionAsync(
        string model,
        int version,
        CancellationToken cancellationToken = default
    ) =>
        transport.GetAsync(
            $"v1/models/{Transport.Escape(model)}/versions/{version}",
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>
    /// Deletes a version of a model, after its running predictions have finished. Later predictions of the model use
    /// the default version.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number, which is never assigned again.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<VersionDeletedResponse> DeleteVersionAsync(
        string model,
        int version,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"v1/models/{Transport.Escape(model)}/versions/{version}"),
            ModelServiceJson.Default.VersionDeletedResponse,
            cancellationToken
        );

    /// <summary>Loads a version into memory.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> LoadVersionAsync(
        string model,
        int version,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"v1/models/{Transport.Escape(model)}/versions/{version}/load"),
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>
    /// Unloads a version from memory, after its running predictions have finished. Its files are kept.
    /// </summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<VersionUnloadedResponse> UnloadVersionAsync(
        string model,
        int version,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"v1/models/{Transport.Escape(model)}/versions/{version}/unload"),
            ModelServiceJson.Default.VersionUnloadedResponse,
            cancellationToken
        );

    /// <summary>Makes a version that computes with 8-bit integers, calibrated by images.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that it is made of.</param>
    /// <param name="images">20 to 500 images such as the model will see.</param>
    /// <param name="options">The budget.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> QuantizeAsync(
        string model,
        int version,
        IReadOnlyCollection<Upload> images,
        QuantizeOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            Quantize(model, version, images, options),
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>Makes a version that computes with 8-bit integers, calibrated by images of a data set.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that it is made of.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="revision">Its revision; null: the newest.</param>
    /// <param name="images">How many of its images; null: 200.</param>
    /// <param name="options">The budget.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> QuantizeAsync(
        string model,
        int version,
        string dataset,
        int? revision = null,
        int? images = null,
        QuantizeOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            Quantize(model, version, dataset, revision, images, options),
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );

    /// <summary>A request to quantize a version with images.</summary>
    internal static HttpRequestMessage Quantize(
        string model,
        int version,
        IReadOnlyCollection<Upload> images,
        QuantizeOptions? options
    ) =>
        Transport.Send(
            HttpMethod.Post,
            $"{PathOf(model, version)}/quantize{QueryOf(options)}",
            Upload.ToForm(images, "images"),
            images.All(image => image.IsRepeatable)
        );

    /// <summary>A request to quantize a version with images of a data set.</summary>
    internal static HttpRequestMessage Quantize(
        string model,
        int version,
        string dataset,
        int? revision,
        int? images,
        QuantizeOptions? options
    )
    {
        var query = QueryOf(options).Add("dataset", dataset).Add("revision", revision).Add("images", images);
        return new HttpRequestMessage(HttpMethod.Post, $"{PathOf(model, version)}/quantize{query}");
    }

    private static Query QueryOf(QuantizeOptions? options) =>
        new Query()
            .Add("max_probability_change", options?.MaxProbabilityChange)
            .Add("min_agreement", options?.MinAgreement);

    /// <summary>The path of a model, or of one of its versions.</summary>
    internal static string PathOf(string model, int? version) =>
        $"v1/models/{Transport.Escape(model)}" + (version is { } number ? $"/versions/{number}" : "");

    private Task<ModelResponse> CreateAsync(
        string path,
        HttpContent definition,
        Upload? weights,
        WeightsOptions? options,
        CancellationToken cancellationToken
    )
    {
        var query = new Query()
            .Add("allow_partial", options?.AllowPartial)
            .Add("state_dict", options?.StateDict)
            .Add("prefix", options?.Prefix);
        var body = definition;
        if (weights is not null)
        {
            body = new MultipartFormDataContent
            {
                { definition, "definition" },
                { weights.ToContent(), "weights", weights.FileName ?? "weights" },
            };
        }

        return transport.SendAsync(
            Transport.Send(HttpMethod.Post, $"{path}{query}", body, weights is not { IsRepeatable: false }),
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );
    }
}

/// <summary>How far a version that computes with 8-bit integers may be from its original.</summary>
public sealed record QuantizeOptions
{
    /// <summary>The largest change of a probability; null: 0.25.</summary>
    public double? MaxProbabilityChange { get; init; }

    /// <summary>The least share of images that keep their class; null: 0.97.</summary>
    public double? MinAgreement { get; init; }
}
