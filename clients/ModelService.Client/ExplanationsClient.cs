using System.Net.Http.Json;

namespace ModelService.Client;

/// <summary>Shows which part of a photo led to a score, and what layers see. Thread-safe.</summary>
public sealed class ExplanationsClient
{
    private readonly Transport transport;

    internal ExplanationsClient(Transport transport) => this.transport = transport;

    /// <summary>Explains a score with numbers.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<ExplanationResponse> ExplainAsync(
        string model,
        Upload photo,
        ExplainOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            Explain(model, photo, ExplanationOutput.Json, options),
            ModelServiceJson.Default.ExplanationResponse,
            cancellationToken
        );

    /// <summary>Explains a score with a picture, or with a file of numbers.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="output">What to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> DrawExplanationAsync(
        string model,
        Upload photo,
        ExplanationOutput output = ExplanationOutput.Overlay,
        ExplainOptions? options = null,
        CancellationToken cancellationToken = default
    ) => transport.StreamAsync(Explain(model, photo, output, options), cancellationToken);

    /// <summary>Describes what a layer gives for a photo.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="options">Which layer, and how.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<FeatureResponse> GetFeaturesAsync(
        string model,
        Upload photo,
        FeatureOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.SendAsync(
            Features(model, photo, FeatureOutput.Json, options),
            ModelServiceJson.Default.FeatureResponse,
            cancellationToken
        );

    /// <summary>Draws what a layer gives for a photo, or returns a file of its numbers.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="output">What to draw.</param>
    /// <param name="options">Which layer, and how.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> DrawFeaturesAsync(
        string model,
        Upload photo,
        FeatureOutput output = FeatureOutput.Grid,
        FeatureOptions? options = null,
        CancellationToken cancellationToken = default
    ) => transport.StreamAsync(Features(model, photo, output, options), cancellationToken);

    /// <summary>Describes the filters of a convolution.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="layer">The convolution's path.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<FeatureResponse> GetFiltersAsync(
        string model,
        string layer,
        FeatureOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.GetAsync(
            Filters(model, layer, FeatureOutput.Json, options),
            ModelServiceJson.Default.FeatureResponse,
            cancellationToken
        );

    /// <summary>Draws the filters of a convolution, or returns a file of their numbers.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="layer">The convolution's path.</param>
    /// <param name="output">What to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> DrawFiltersAsync(
        string model,
        string layer,
        FeatureOutput output = FeatureOutput.Grid,
        FeatureOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        transport.StreamAsync(
            new HttpRequestMessage(HttpMethod.Get, Filters(model, layer, output, options)),
            cancellationToken
        );

    /// <summary>Tries a network that is no classifier with a photo.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="photo">The photo.</param>
    /// <param name="output">What to draw.</param>
    /// <param name="options">Which layer, and how.</param>
    /// <param name="cancellationToken">Cancels the request.</param>
    /// <exception cref="ModelServiceException">The server refused it.</exception>
    public Task<Stream> TryArchitectureAsync(
        ArchitectureDefinition architecture,
        Upload photo,
        FeatureOutput output = FeatureOutput.Grid,
        FeatureOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        var form = new MultipartFormDataContent
        {
            { JsonContent.Create(architecture, ModelServiceJson.Default.ArchitectureDefinition), "definition" },
            { photo.ToContent(), "image", photo.FileName ?? "image" },
        };
        return transport.StreamAsync(
            Transport.Send(
                HttpMethod.Post,
                $"v1/architectures/features{Add(output, options).Add("layer", options?.Layer)}",
                form,
                photo.IsRepeatable
            ),
            cancellationToken
        );
    }

    private static HttpRequestMessage Explain(
        string model,
        Upload photo,
        ExplanationOutput output,
        ExplainOptions? options
    )
    {
        var query = new Query()
            .Add("output", (ExplanationOutput?)output)
            .Add("method", options?.Method)
            .Add("class", options?.Class)
            .Add("layer", options?.Layer)
            .Add("view", options?.View)
            .Add("legend", options?.Legend)
            .Add("steps", options?.Steps)
            .Add("window", options?.Window)
            .Add("stride", options?.Stride)
            .Add("faithfulness", options?.Faithfulness);
        var path = $"{ModelsClient.PathOf(model, options?.Version)}/explain{query}";
        return Transport.Send(HttpMethod.Post, path, photo).Within(options?.Timeout);
    }

    private static HttpRequestMessage Features(
        string model,
        Upload photo,
        FeatureOutput output,
        FeatureOptions? options
    )
    {
        var query = Add(output, options).Add("layer", options?.Layer);
        var path = $"{ModelsClient.PathOf(model, options?.Version)}/features{query}";
        return Transport.Send(HttpMethod.Post, path, photo).Within(options?.Timeout);
    }

    private static string Filters(string model, string layer, FeatureOutput output, FeatureOptions? options) =>
        $"{ModelsClient.PathOf(model, options?.Version)}/layers/{Transport.Escape(layer)}/filters"
        + Add(output, options);

    private static Query Add(FeatureOutput output, FeatureOptions? options) =>
        new Query()
            .Add("output", (FeatureOutput?)output)
            .Add("channels", options?.Channels)
            .Add("together", options?.Together)
            .Add("colors", options?.Colors)
            .Add("legend", options?.Legend);
}
