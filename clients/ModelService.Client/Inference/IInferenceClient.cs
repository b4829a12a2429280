namespace ModelService.Client;

/// <summary>
/// A client of any server that speaks the Open Inference Protocol: Model Service, Triton, KServe or MLServer.
/// Thread-safe.
/// </summary>
public interface IInferenceClient
{
    /// <summary>Whether the server is ready.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<bool> IsReadyAsync(CancellationToken cancellationToken = default);

    /// <summary>Whether a model is ready.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version; null: the server's choice.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    Task<bool> IsModelReadyAsync(string model, string? version = null, CancellationToken cancellationToken = default);

    /// <summary>Describes the server.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    Task<ServerMetadata> GetServerAsync(CancellationToken cancellationToken = default);

    /// <summary>Describes a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version; null: the server's choice.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    Task<ModelMetadata> GetModelAsync(
        string model,
        string? version = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Infers.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    Task<InferenceResult> InferAsync(InferenceRequest request, CancellationToken cancellationToken = default);

    /// <summary>Loads a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    Task LoadAsync(string model, CancellationToken cancellationToken = default);

    /// <summary>Unloads a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    Task UnloadAsync(string model, CancellationToken cancellationToken = default);
}
