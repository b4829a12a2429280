using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>A version's weights as a safetensors file that is written while it is read. It keeps the version in memory until it is disposed.</summary>
public sealed class WeightsDownload : IDisposable
{
    private readonly ModelLease lease;
    private readonly SafetensorsContent content;

    /// <summary>Prepares the file.</summary>
    /// <param name="lease">The version; owned from here on.</param>
    public WeightsDownload(ModelLease lease)
    {
        this.lease = lease;
        content = new SafetensorsContent(
            lease.Model.Resolved.Analysis.StateDict,
            lease.Worker.StateDict,
            Metadata(lease.Model)
        );
    }

    /// <summary>A name for the file.</summary>
    public string FileName => $"{lease.Model.Name}-{lease.Model.Version}.safetensors";

    /// <summary>Bytes of the file.</summary>
    public long Length => content.Length;

    /// <summary>Writes the file, a part at a time.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellationToken">Fires when the reader leaves.</param>
    public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        foreach (var part in content.Parts())
            await destination.WriteAsync(part, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => lease.Dispose();

    private static Dictionary<string, string> Metadata(ModelVersion model)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["model"] = $"{model.Name}@{model.Version}",
            ["architecture_sha256"] = ArchitectureHash.Compute(model.Resolved.Architecture),
            ["weights"] = WireNames.Of(model.Weights),
        };
        if (model.RandomTensors.Count > 0)
            metadata[SafetensorsReader.RandomTensors] = Json(model.RandomTensors);
        if (model.Resolved.Definition.Labels is { } labels)
            metadata["labels"] = Json(labels);
        return metadata;
    }

    private static string Json(IReadOnlyList<string> texts) =>
        new JsonArray([.. texts.Select(text => (JsonNode?)text)]).ToJsonString();
}
