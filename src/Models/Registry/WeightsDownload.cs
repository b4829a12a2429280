using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// A version's weights as a safetensors file: the tensors as they are stored, after a header that describes the
/// version. It does not hold the version, which may be deleted while the file is sent.
/// </summary>
public sealed class WeightsDownload : IDisposable
{
    private readonly FileStream stored;
    private readonly SafetensorsLayout layout;
    private readonly long dataBytes;

    /// <summary>Prepares the file.</summary>
    /// <param name="stored">The stored file, at its start; owned from here on.</param>
    /// <param name="name">The model's name.</param>
    /// <param name="version">The version's number.</param>
    /// <param name="model">The version's definition.</param>
    /// <param name="weights">Which of its tensors are random.</param>
    internal WeightsDownload(FileStream stored, string name, int version, ResolvedModel model, LoadedWeights weights)
    {
        this.stored = stored;
        FileName = $"{name}-{version}.safetensors";
        layout = new SafetensorsLayout(weights.StoredTensors(model.Analysis), Describe(name, version, model, weights));
        dataBytes = layout.Length - layout.Header.Length;
    }

    /// <summary>The file name that is suggested to the client.</summary>
    public string FileName { get; }

    /// <summary>The length of the file, in bytes.</summary>
    public long Length => layout.Length;

    /// <summary>Writes the file.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
    public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(layout.Header, cancellationToken);

        // The same layout has written the stored file, so the tensors are its last bytes, in the same order.
        stored.Position = stored.Length - dataBytes;
        await stored.CopyToAsync(destination, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => stored.Dispose();

    private static Dictionary<string, string> Describe(
        string name,
        int version,
        ResolvedModel model,
        LoadedWeights weights
    )
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["model"] = $"{name}@{version}",
            ["architecture_sha256"] = ArchitectureHash.Compute(model.Architecture),
            ["weights"] = WireNames.Get(weights.State),
        };
        if (weights.RandomTensors.Count > 0)
            metadata[SafetensorsReader.RandomTensors] = Json(weights.RandomTensors);
        if (model.Definition.Labels is { } labels)
            metadata["labels"] = Json(labels);
        return metadata;
    }

    private static string Json(IReadOnlyList<string> texts) =>
        new JsonArray([.. texts.Select(text => (JsonNode?)text)]).ToJsonString();
}
