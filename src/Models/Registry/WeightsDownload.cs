using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelService.Models.Definitions;
using ModelService.Models.Runtime;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Registry;

/// <summary>A model's weights as a safetensors file that is written while it is read. It keeps the model in memory until it is disposed.</summary>
public sealed class WeightsDownload : IDisposable
{
    private const int AtOnce = 256 << 10;

    private readonly ModelLease lease;
    private readonly SafetensorsLayout layout;

    /// <summary>Prepares the file.</summary>
    /// <param name="lease">The model; owned from here on.</param>
    public WeightsDownload(ModelLease lease)
    {
        this.lease = lease;
        layout = new SafetensorsLayout(lease.Model.Blueprint.Analysis.StateDict, Metadata(lease.Model));
    }

    /// <summary>A name for the file.</summary>
    public string FileName => $"{lease.Model.Name}-{lease.Model.Version}.safetensors";

    /// <summary>Bytes of the file.</summary>
    public long Length => layout.Length;

    /// <summary>Writes the file, a part at a time.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellationToken">Fires when the reader leaves.</param>
    public async Task CopyToAsync(Stream destination, CancellationToken cancellationToken)
    {
        await destination.WriteAsync(layout.Header, cancellationToken);
        var stateDict = lease.Model.Runner.StateDict;
        var buffer = ArrayPool<byte>.Shared.Rent(AtOnce);
        try
        {
            foreach (var spec in layout.Tensors)
            {
                // No scope may be open across an await: it belongs to the thread.
                using var host = TensorMemory.OnHost(stateDict[spec.Name]);
                for (var done = 0L; done < spec.Bytes; done += AtOnce)
                {
                    var count = (int)Math.Min(AtOnce, spec.Bytes - done);
                    Fill(buffer.AsSpan(0, count), host, spec.IsCounter, done);
                    await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => lease.Dispose();

    private static void Fill(Span<byte> buffer, Tensor tensor, bool isCounter, long offset)
    {
        if (isCounter) Part(TensorMemory.Elements<long>(tensor), sizeof(long)).CopyTo(buffer);
        else Part(TensorMemory.Elements<float>(tensor), sizeof(float)).CopyTo(buffer);

        ReadOnlySpan<byte> Part<T>(Span<T> elements, int size)
            where T : unmanaged => MemoryMarshal.AsBytes(elements.Slice((int)(offset / size), AtOnceOf(elements.Length, size)));

        int AtOnceOf(int length, int size) => (int)Math.Min(AtOnce / size, length - (offset / size));
    }

    private static Dictionary<string, string> Metadata(ModelEntry model)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["model"] = $"{model.Name}@{model.Version}",
            ["architecture_sha256"] = ArchitectureHash.Of(model.Blueprint.Architecture),
            ["weights"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(model.Weights.ToString()),
        };
        if (model.Blueprint.Definition.Labels is { } labels) metadata["labels"] = new JsonArray([.. labels.Select(label => (JsonNode?)label)]).ToJsonString();
        return metadata;
    }
}
