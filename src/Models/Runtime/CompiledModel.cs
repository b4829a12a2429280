using System.Runtime.InteropServices;
using ModelService.Models.Analysis;
using ModelService.Models.Compilation;
using ModelService.Models.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelService.Models.Runtime;

/// <summary>
/// A network in memory, ready to compute. It owns its parameters; whoever made it disposes it, after the last <see cref="Run"/>.
/// Not thread-safe: one thread at a time.
/// </summary>
internal sealed class CompiledModel : IDisposable
{
    // What the largest activation of one native call may take; larger batches are run in parts, so that memory stays bounded.
    private const long ActivationBytesAtOnce = 256L << 20;

    private readonly BlockModule module;
    private readonly Device device;
    private readonly long[] inputSizes;
    private readonly int atOnce;

    /// <summary>Builds a network.</summary>
    /// <param name="analysis">The network, analysed without an error.</param>
    /// <param name="seed">Makes the random weights the same each time; null: other ones each time.</param>
    /// <param name="weights">Tensors to copy in, borrowed until this returns; what they leave out stays random.</param>
    /// <param name="device">Where it computes.</param>
    public CompiledModel(ArchitectureAnalysis analysis, long? seed, IReadOnlyList<TensorPair> weights, Device device)
    {
        this.device = device;
        inputSizes = [.. analysis.Input.Sizes];
        OutputCount = (int)analysis.Output.ElementCount;
        var largest = analysis.AllLayers.Max(node => Math.Max(node.Input.ElementCount, node.Output.ElementCount)) * sizeof(float);
        atOnce = (int)Math.Clamp(ActivationBytesAtOnce / largest, 1, int.MaxValue);
        module = BlockModule.Build(analysis, seed);
        try
        {
            Load(weights);
            module.eval();
            module.to(device);
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    /// <summary>Scores per input.</summary>
    public int OutputCount { get; }

    /// <summary>The tensors by their names; borrowed, valid as long as the model.</summary>
    public IReadOnlyDictionary<string, Tensor> StateDict => module.state_dict();

    /// <summary>Numbers per input.</summary>
    public int InputCount => (int)inputSizes.Aggregate((count, size) => count * size);

    /// <summary>Computes the scores of a batch.</summary>
    /// <param name="batch">Inputs one after another, each row-major: <c>[N, ...input]</c>, float32.</param>
    /// <param name="count">N.</param>
    /// <returns>N times <see cref="OutputCount"/> scores (logits), float32.</returns>
    public float[] Run(ReadOnlySpan<float> batch, int count)
    {
        var scores = new float[count * OutputCount];
        for (var first = 0; first < count; first += atOnce)
        {
            var part = Math.Min(atOnce, count - first);
            Forward(batch.Slice(first * InputCount, part * InputCount), part, scores.AsSpan(first * OutputCount, part * OutputCount));
        }

        return scores;
    }

    /// <inheritdoc/>
    public void Dispose() => module.Dispose();

    // Scope and inference mode belong to the thread: nothing here may await.
    private void Forward(ReadOnlySpan<float> batch, int count, Span<float> scores)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var input = empty([count, .. inputSizes], ScalarType.Float32, CPU);
        batch.CopyTo(MemoryMarshal.Cast<byte, float>(input.bytes));
        var output = module.call(input.to(device)).cpu().contiguous();
        MemoryMarshal.Cast<byte, float>(output.bytes).CopyTo(scores);
    }

    /// <summary>Copies tensors in.</summary>
    /// <param name="weights">Borrowed until this returns.</param>
    internal void Load(IReadOnlyList<TensorPair> weights)
    {
        var tensors = StateDict;
        AllCores.ForEach(weights, pair =>
        {
            if (pair.Expected.IsCounter) pair.Stored.CopyTo(TensorMemory.Elements<long>(tensors[pair.Expected.Name]));
            else pair.Stored.CopyTo(TensorMemory.Elements<float>(tensors[pair.Expected.Name]));
        });
    }
}
