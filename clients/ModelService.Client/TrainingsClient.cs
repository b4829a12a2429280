using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace ModelService.Client;

/// <summary>Trains models, and follows trainings. Thread-safe.</summary>
public sealed class TrainingsClient
{
    private readonly Transport transport;

    internal TrainingsClient(Transport transport) => this.transport = transport;

    /// <summary>Trains a model with a data set, in the background.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="body">What is asked for.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingResponse> StartAsync(
        string model,
        TrainingDefinition body,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            HttpMethod.Post,
            $"v1/models/{Transport.Escape(model)}/trainings",
            body,
            ModelServiceJson.Default.TrainingDefinition,
            ModelServiceJson.Default.TrainingResponse,
            cancellationToken
        );

    /// <summary>Lists all trainings.</summary>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingListResponse> ListAsync(CancellationToken cancellationToken = default) =>
        transport.GetAsync("v1/trainings", ModelServiceJson.Default.TrainingListResponse, cancellationToken);

    /// <summary>Lists the trainings of a model.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingListResponse> ListOfModelAsync(string model, CancellationToken cancellationToken = default) =>
        transport.GetAsync(
            $"v1/models/{Transport.Escape(model)}/trainings",
            ModelServiceJson.Default.TrainingListResponse,
            cancellationToken
        );

    /// <summary>Returns a training: its state, how far it is, and its result.</summary>
    /// <param name="training">The training's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingResponse> GetAsync(string training, CancellationToken cancellationToken = default) =>
        transport.GetAsync(
            $"v1/trainings/{Transport.Escape(training)}",
            ModelServiceJson.Default.TrainingResponse,
            cancellationToken
        );

    /// <summary>Forgets a training that has ended. The version that it made stays.</summary>
    /// <param name="training">The training's id.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingResponse> DeleteAsync(string training, CancellationToken cancellationToken = default) =>
        transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Delete, $"v1/trainings/{Transport.Escape(training)}"),
            ModelServiceJson.Default.TrainingResponse,
            cancellationToken
        );

    /// <summary>Ends a training.</summary>
    /// <param name="training">The training's id.</param>
    /// <param name="keep">
    /// Whether the best weights so far become a version. The training then ends by itself after the step that it is
    /// in.
    /// </param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingResponse> CancelAsync(
        string training,
        bool? keep = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("keep", keep);
        return transport.SendAsync(
            new HttpRequestMessage(HttpMethod.Post, $"v1/trainings/{Transport.Escape(training)}/cancel{query}"),
            ModelServiceJson.Default.TrainingResponse,
            cancellationToken
        );
    }

    /// <summary>Returns the course of a training: every epoch, and its steps.</summary>
    /// <param name="training">The training's id.</param>
    /// <param name="points">Most steps to return; all by default.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<TrainingHistoryResponse> GetHistoryAsync(
        string training,
        int? points = null,
        CancellationToken cancellationToken = default
    )
    {
        var query = new Query().Add("points", points);
        return transport.GetAsync(
            $"v1/trainings/{Transport.Escape(training)}/history{query}",
            ModelServiceJson.Default.TrainingHistoryResponse,
            cancellationToken
        );
    }

    /// <summary>Follows a training until it ends, from its first event.</summary>
    /// <param name="training">The training's id.</param>
    /// <param name="lastEventId">The last event that is known already; null: none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public async IAsyncEnumerable<TrainingEvent> FollowAsync(
        string training,
        long? lastEventId = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"v1/trainings/{Transport.Escape(training)}/events");
        if (lastEventId is { } known)
            request.Headers.Add("Last-Event-ID", known.ToString(CultureInfo.InvariantCulture));
        await using var stream = await transport.StreamAsync(request, cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(stream);
        var name = "";
        while (await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line["event: ".Length..];
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                yield return new TrainingEvent(name, JsonNode.Parse(line["data: ".Length..])!);
        }
    }
}
