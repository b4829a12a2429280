using Microsoft.ML.OnnxRuntime;
using ModelService.Models.Language.Analysis;
using static TorchSharp.torch;

namespace ModelService.Rivals;

/// <summary>
/// A network with the same weights in ONNX Runtime, set up as its documentation recommends for a processor.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly SessionOptions options;
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly List<OrtValue> values = [];
    private readonly string output;

    /// <summary>Loads the network.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="weights">Its tensors; borrowed until this returns.</param>
    /// <param name="threads">How many compute.</param>
    public OnnxSession(ArchitectureAnalysis analysis, IReadOnlyDictionary<string, Tensor> weights, int threads)
    {
        options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(OnnxFile.Write(analysis, weights, out output), options);
    }

    /// <summary>
    /// Takes an input <c>[N, ...input]</c>; each call of the result computes <c>[N, ...output]</c> from it.
    /// </summary>
    /// <param name="input">The input.</param>
    /// <param name="expected">The plan's result. When this one differs, the times say nothing, and the constructor
    /// throws.</param>
    public Func<float[]> On(Tensor input, Tensor expected)
    {
        var value = OrtValue.CreateTensorValueFromMemory(input.data<float>().ToArray(), input.shape);
        values.Add(value);
        Check(expected.data<float>().ToArray(), Run(value));
        return () => Run(value);
    }

    private float[] Run(OrtValue input)
    {
        using var outputs = session.Run(run, ["x0"], [input], [output]);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static void Check(float[] ours, float[] theirs)
    {
        var (worst, largest) = (ours.Zip(theirs, (left, right) => Math.Abs(left - right)).Max(), ours.Max(Math.Abs));
        if (!(worst <= 1e-4 * Math.Max(1, largest)))
            throw new InvalidOperationException($"ONNX Runtime's numbers differ by {worst}.");
    }

    public void Dispose()
    {
        values.ForEach(value => value.Dispose());
        session.Dispose();
        options.Dispose();
        run.Dispose();
    }
}
