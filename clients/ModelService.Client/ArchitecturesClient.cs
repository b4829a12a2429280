using System.Text.Json;

namespace ModelService.Client;

/// <summary>Reads the predefined networks, and analyses networks. Thread-safe.</summary>
public sealed class ArchitecturesClient
{
    private readonly Transport transport;

    internal ArchitecturesClient(Transport transport) => this.transport = transport;

    /// <summary>Lists the predefined architectures.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ArchitectureListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/architectures", ModelServiceJson.Default.ArchitectureListResponse, cancellationToken);

    /// <summary>Returns a predefined architecture: its definition, preprocessing and analysis.</summary>
    /// <param name="name">The architecture's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ArchitectureResponse> GetAsync(string name, CancellationToken cancellationToken = default) =>
        transport.GetAsync(
            $"v1/architectures/{Transport.Escape(name)}",
            ModelServiceJson.Default.ArchitectureResponse,
            cancellationToken
        );

    /// <summary>
    /// Computes the shapes, parameters and costs of an architecture, layer by layer, without building it.
    /// </summary>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<AnalysisResponse> AnalyzeAsync(
        ArchitectureDefinition body,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            HttpMethod.Post,
            "v1/architectures/analyze",
            body,
            ModelServiceJson.Default.ArchitectureDefinition,
            ModelServiceJson.Default.AnalysisResponse,
            cancellationToken
        );

    /// <summary>Lists the layer types with their parameters.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<LayerListResponse> ListLayersAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/layers", ModelServiceJson.Default.LayerListResponse, cancellationToken);

    /// <summary>Reads the JSON Schema of networks.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<JsonElement> GetSchemaAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/schemas/architecture", ModelServiceJson.Default.JsonElement, cancellationToken);
}
