namespace ModelService.Client;

/// <summary>Measures versions on labelled images. Thread-safe.</summary>
public sealed class EvaluationsClient
{
    private readonly Transport transport;

    internal EvaluationsClient(Transport transport) => this.transport = transport;

    /// <summary>Evaluates a version on a data set, in the background.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationResponse> StartAsync(
        string model,
        int version,
        EvaluationBody body,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            HttpMethod.Post,
            PathOf(model, version),
            body,
            ModelServiceJson.Default.EvaluationBody,
            ModelServiceJson.Default.EvaluationResponse,
            cancellationToken
        );

    /// <summary>Lists the evaluations of a version.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationListResponse> ListAsync(
        string model,
        int version,
        CancellationToken cancellationToken = default
    ) => transport.GetAsync(PathOf(model, version), ModelServiceJson.Default.EvaluationListResponse, cancellationToken);

    /// <summary>Returns an evaluation: its state, and what it found.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationResponse> GetAsync(
        string model,
        int version,
        string evaluation,
        CancellationToken cancellationToken = default
    ) =>
        transport.GetAsync(
            $"{PathOf(model, version)}/{Transport.Escape(evaluation)}",
            ModelServiceJson.Default.EvaluationResponse,
            cancellationToken
        );

    /// <summary>Deletes an evaluation with its report. One that runs is cancelled.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationResponse> DeleteAsync(
        string model,
        int version,
        string evaluation,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"{PathOf(model, version)}/{Transport.Escape(evaluation)}"),
            ModelServiceJson.Default.EvaluationResponse,
            cancellationToken
        );

    /// <summary>Cancels an evaluation.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationResponse> CancelAsync(
        string model,
        int version,
        string evaluation,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"{PathOf(model, version)}/{Transport.Escape(evaluation)}/cancel"),
            ModelServiceJson.Default.EvaluationResponse,
            cancellationToken
        );

    /// <summary>Lists the images of an evaluation, such as those of one cell of the confusion matrix.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="label">Only images with this label.</param>
    /// <param name="predicted">Only images that the model takes for this class.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor"><c>next_cursor</c> of the page before.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationImagesResponse> ListImagesAsync(
        string model,
        int version,
        string evaluation,
        string? label = null,
        string? predicted = null,
        int? limit = null,
        int? cursor = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query()
            .Add("label", label)
            .Add("predicted", predicted)
            .Add("limit", limit)
            .Add("cursor", cursor);
        return transport.GetAsync(
            $"{PathOf(model, version)}/{Transport.Escape(evaluation)}/images{query}",
            ModelServiceJson.Default.EvaluationImagesResponse,
            cancellationToken
        );
    }

    /// <summary>Returns the report of an evaluation: one HTML file, which opens without the server.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> GetReportAsync(
        string model,
        int version,
        string evaluation,
        CancellationToken cancellationToken = default
    ) =>
        transport.StreamAsync(
            new HttpRequestMessage(HttpMethod.Get, $"{PathOf(model, version)}/{Transport.Escape(evaluation)}/report"),
            cancellationToken
        );

    /// <summary>Compares two versions on the same images, image by image.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="evaluation">The evaluation's id.</param>
    /// <param name="other">
    /// The id of another evaluation; or a version such as <c>lesson@2</c>, whose newest evaluation on these images
    /// counts.
    /// </param>
    /// <param name="right">Which version is right about the images to list.</param>
    /// <param name="limit">The number of images on a page.</param>
    /// <param name="cursor"><c>next_cursor</c> of the page before.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<EvaluationComparisonResponse> CompareAsync(
        string model,
        int version,
        string evaluation,
        string other,
        RightVersions? right = null,
        int? limit = null,
        int? cursor = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("with", other).Add("right", right).Add("limit", limit).Add("cursor", cursor);
        return transport.GetAsync(
            $"{PathOf(model, version)}/{Transport.Escape(evaluation)}/comparison{query}",
            ModelServiceJson.Default.EvaluationComparisonResponse,
            cancellationToken
        );
    }

    private static string PathOf(string model, int version) => $"{ModelsClient.PathOf(model, version)}/evaluations";
}
