namespace ModelService.Client;

/// <summary>Makes, lists and revokes API keys. Thread-safe.</summary>
public sealed class KeysClient
{
    private readonly Transport transport;

    internal KeysClient(Transport transport) => this.transport = transport;

    /// <summary>Makes a key.</summary>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<KeyCreatedResponse> CreateAsync(CreateKeyBody body, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            HttpMethod.Post,
            "v1/keys",
            body,
            ModelServiceJson.Default.CreateKeyBody,
            ModelServiceJson.Default.KeyCreatedResponse,
            cancellationToken
        );

    /// <summary>Lists the keys that the server knows, also those that are valid no longer.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<KeyListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/keys", ModelServiceJson.Default.KeyListResponse, cancellationToken);

    /// <summary>Revokes a key.</summary>
    /// <param name="name">The key's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<KnownKeyResponse> RevokeAsync(string name, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"v1/keys/{Transport.Escape(name)}"),
            ModelServiceJson.Default.KnownKeyResponse,
            cancellationToken
        );
}
