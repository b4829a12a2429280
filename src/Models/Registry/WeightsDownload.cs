using System.Text.Json.Nodes;
using ModelService.Models.Errors;
using ModelService.Models.Language;
using ModelService.Models.Weights;

namespace ModelService.Models.Registry;

/// <summary>
/// A version's weights as a safetensors file, which is generated while it is sent. Keeps the version in memory until it
/// is disposed.
/// </summary>
public sealed class WeightsDownload : IDisposable
{
    private readonly ModelLease lease;
    private readonly SafetensorsContent content;

    /// <summary>Prepares the file.</summary>
    /// <param name="lease">The lease of the version; owned from here on.</param>
    public WeightsDownload(ModelLease lease)
    {
        this.lease = lease;
        content = new SafetensorsContent(
            lease.Model.Resolved.Analysis.StateDict,
            lease.Worker.StateDict,
            Metadata(lease.Model)
        );
    }

    /// <summary>The file name that is suggested to the client.</summary>
    public string FileName => $"{lease.Model.Name}-{lease.Model.Version}.safetensors";

    /// <summary>The length of the file, in bytes.</summary>
    public long Length => content.Length;

    /// <summary>Writes the file, one part after another.</summary>
    /// <param name="destination">The stream to write to.</param>
    /// <param name="cancellationToken">Fires when the client disconnects.</param>
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
            ["weights"] = WireNames.Get(model.Weights),
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
