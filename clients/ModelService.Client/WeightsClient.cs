namespace ModelService.Client;

/// <summary>Checks, replaces and downloads weights. Thread-safe.</summary>
public sealed class WeightsClient
{
    private readonly Transport transport;

    internal WeightsClient(Transport transport) => this.transport = transport;

    /// <summary>Compares a weights file with a model's default version, without keeping the file.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="file">The file.</param>
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the
    /// file's own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes
    /// fit.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<WeightsReport> CheckAsync(
        string model,
        Upload file,
        string? stateDict = null,
        string? prefix = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("state_dict", stateDict).Add("prefix", prefix);
        return transport.SendAsync(
            Transport.Send(HttpMethod.Post, $"v1/models/{Transport.Escape(model)}/weights/check{query}", file),
            ModelServiceJson.Default.WeightsReport,
            cancellationToken
        );
    }

    /// <summary>Replaces the random weights of a version with those of a file.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="file">The file.</param>
    /// <param name="allowPartial">
    /// Loads the tensors that match and leaves the others random. The model reports this in every answer.
    /// </param>
    /// <param name="stateDict">
    /// The keys around the state dict in the file, joined by dots, such as <c>model_ema</c>, or <c>.</c> for the
    /// file's own dict. Needed only if several dicts of the file fit.
    /// </param>
    /// <param name="prefix">
    /// The prefix of the network's tensors in the file, such as <c>encoder_q</c>. Needed only if several prefixes
    /// fit.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ModelResponse> ReplaceAsync(
        string model,
        int version,
        Upload file,
        bool? allowPartial = null,
        string? stateDict = null,
        string? prefix = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("allow_partial", allowPartial).Add("state_dict", stateDict).Add("prefix", prefix);
        return transport.SendAsync(
            Transport.Send(
                HttpMethod.Put,
                $"v1/models/{Transport.Escape(model)}/versions/{version}/weights{query}",
                file
            ),
            ModelServiceJson.Default.ModelResponse,
            cancellationToken
        );
    }

    /// <summary>Returns a version's weights as a safetensors file.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> DownloadAsync(string model, int version, CancellationToken cancellationToken = default) =>
        transport.StreamAsync(
            new HttpRequestMessage(HttpMethod.Get, $"v1/models/{Transport.Escape(model)}/versions/{version}/weights"),
            cancellationToken
        );
}
