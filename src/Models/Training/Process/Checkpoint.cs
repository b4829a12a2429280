using System.Buffers.Binary;
using System.Text.Json;
using ModelService.Models.Tensors;
using ModelService.Models.Weights;
using static TorchSharp.torch;

namespace ModelService.Models.Training.Process;

/// <summary>
/// What a run goes on from after it was interrupted: one safetensors file with all vectors, and the rest as JSON in its
/// metadata. It is written aside and renamed, so that there is always a whole one.
/// </summary>
/// <param name="path">The file.</param>
internal sealed class Checkpoint(string path)
{
    private const string Key = "state";

    /// <summary>Reads the state of the run; null when there is no checkpoint.</summary>
    public CheckpointState? ReadState()
    {
        if (!File.Exists(path))
            return null;
        using var file = File.OpenRead(path);
        var size = new byte[sizeof(long)];
        file.ReadExactly(size);
        var header = new byte[BinaryPrimitives.ReadInt64LittleEndian(size)];
        file.ReadExactly(header);
        var text = JsonElement.Parse(header).GetProperty("__metadata__").GetProperty(Key).GetString()!;
        return JsonSerializer.Deserialize<CheckpointState>(text, TrainingJson.Options);
    }

    /// <summary>Copies the stored numbers into tensors of the same names; those that the file lacks stay.</summary>
    /// <param name="tensors">The tensors by name.</param>
    public void ReadInto(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var file = WeightsFile.Open(path, new WeightsLimits());
        foreach (var stored in file.Tensors)
        {
            if (!tensors.TryGetValue(stored.Name, out var tensor))
                continue;
            using var scope = NewDisposeScope();
            var host = empty(tensor.shape, tensor.dtype, CPU);
            if (tensor.dtype == ScalarType.Int64)
                stored.CopyTo(TensorMemory.Elements<long>(host));
            else
                stored.CopyTo(TensorMemory.Elements<float>(host));
            tensor.copy_(host);
        }
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="state">The state of the run.</param>
    /// <param name="tensors">The tensors by name; borrowed.</param>
    public void Write(CheckpointState state, IReadOnlyDictionary<string, Tensor> tensors) =>
        Write(
            path,
            tensors,
            new Dictionary<string, string> { [Key] = JsonSerializer.Serialize(state, TrainingJson.Options) }
        );

    /// <summary>Writes tensors as a safetensors file, at once or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors by name; borrowed.</param>
    /// <param name="metadata">Strings for the file's readers.</param>
    public static void Write(
        string path,
        IReadOnlyDictionary<string, Tensor> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        TensorSpec[] specs =
        [
            .. tensors.Select(item => new TensorSpec(item.Key, item.Value.shape, item.Value.dtype == ScalarType.Int64)),
        ];
        var aside = path + ".tmp";
        using (var file = File.Create(aside))
        {
            foreach (var part in new SafetensorsContent(specs, tensors, metadata).Parts())
                file.Write(part.Span);
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, path, overwrite: true);
    }
}

/// <summary>The state of a run beside its tensors.</summary>
internal sealed record CheckpointState
{
    /// <summary>Seconds that the run had taken.</summary>
    public required double Elapsed { get; init; }

    /// <summary>Seconds of processors that the run had taken.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>The phases that had ended, in order.</summary>
    public required IReadOnlyList<PhaseResult> Ended { get; init; }

    /// <summary>The log loss of the best weights on the validation images.</summary>
    public double? BestLoss { get; init; }

    /// <summary>The state of the phase that was running; null between phases.</summary>
    public PhaseState? Phase { get; init; }
}

/// <summary>The state of a phase that trains by gradients.</summary>
/// <param name="Name">The phase.</param>
/// <param name="Planned">Its steps as planned.</param>
/// <param name="Step">Steps that are done; the optimiser has made as many.</param>
/// <param name="BestLoss">The least validation loss; null when nothing was validated yet.</param>
/// <param name="BestEpoch">The epoch of the least loss.</param>
/// <param name="LossSum">Sum of the losses of the epoch so far.</param>
/// <param name="Right">Images of the epoch so far that were right.</param>
/// <param name="Seen">Images of the epoch so far.</param>
internal sealed record PhaseState(
    string Name,
    long Planned,
    long Step,
    double? BestLoss,
    long BestEpoch,
    double LossSum,
    long Right,
    long Seen
);

/// <summary>What a phase has brought.</summary>
/// <param name="Name">The phase.</param>
/// <param name="Epochs">Epochs; null for phases without.</param>
/// <param name="Steps">Steps.</param>
/// <param name="Seconds">Seconds that it took.</param>
/// <param name="ValLoss">The log loss on the validation images.</param>
/// <param name="ValAccuracy">The share of the validation images that is right.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="IsKept">Whether its weights were better than those before.</param>
internal sealed record PhaseResult(
    string Name,
    double? Epochs,
    long Steps,
    double Seconds,
    double? ValLoss,
    double? ValAccuracy,
    string Reason,
    bool IsKept
);
