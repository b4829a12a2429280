namespace ModelService.Client;

/// <summary>
/// Makes versions that compute with 8-bit integers in the background. <see cref="ModelsClient"/> makes them while its
/// caller waits. Thread-safe.
/// </summary>
public sealed class QuantizationsClient
{
    private readonly Transport transport;

    internal QuantizationsClient(Transport transport) => this.transport = transport;

    /// <summary>Starts to make a version, calibrated by images.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that it is made of, which computes in float32.</param>
    /// <param name="images">20 to 500 images such as the model will see.</param>
    /// <param name="options">The budget.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationResponse> StartAsync(
        string model,
        int version,
        IReadOnlyCollection<Upload> images,
        QuantizeOptions? options = null,
        CancellationToken cancellationToken = default
    ) => StartAsync(ModelsClient.Quantize(model, version, images, options), cancellationToken);

    /// <summary>Starts to make a version, calibrated by images of a data set.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version that it is made of, which computes in float32.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="revision">Its revision; null: the newest.</param>
    /// <param name="images">How many of its images; null: 200.</param>
    /// <param name="options">The budget.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationResponse> StartAsync(
        string model,
        int version,
        string dataset,
        int? revision = null,
        int? images = null,
        QuantizeOptions? options = null,
        CancellationToken cancellationToken = default
    ) => StartAsync(ModelsClient.Quantize(model, version, dataset, revision, images, options), cancellationToken);

    /// <summary>Lists the quantizations.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/quantizations", ModelServiceJson.Default.QuantizationListResponse, cancellationToken);

    /// <summary>Returns a quantization: its state, how far it is, and the version that it made.</summary>
    /// <param name="quantization">The quantization's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationResponse> GetAsync(string quantization, CancellationToken cancellationToken = default) =>
        transport.GetAsync(PathOf(quantization), ModelServiceJson.Default.QuantizationResponse, cancellationToken);

    /// <summary>Ends a quantization: nothing is made.</summary>
    /// <param name="quantization">The quantization's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationResponse> CancelAsync(string quantization, CancellationToken cancellationToken = default) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{PathOf(quantization)}/cancel"), cancellationToken);

    /// <summary>Forgets a quantization that has ended. The version that it made stays.</summary>
    /// <param name="quantization">The quantization's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<QuantizationResponse> DeleteAsync(string quantization, CancellationToken cancellationToken = default) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Delete, PathOf(quantization)), cancellationToken);

    private Task<QuantizationResponse> StartAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Add("Prefer", "respond-async");
        return SendAsync(request, cancellationToken);
    }

    private Task<QuantizationResponse> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        transport.SendAsync(request, ModelServiceJson.Default.QuantizationResponse, cancellationToken);

    private static string PathOf(string quantization) => $"v1/quantizations/{Transport.Escape(quantization)}";
}
