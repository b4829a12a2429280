using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace ModelService.Rivals;

/// <summary>
/// A network in ONNX Runtime, set up as its documentation recommends for a processor.
/// </summary>
internal sealed class OnnxSession : IDisposable
{
    private readonly SessionOptions options;
    private readonly InferenceSession session;
    private readonly RunOptions run = new();
    private readonly List<OrtValue> values = [];

    /// <summary>Loads the network.</summary>
    /// <param name="network">The network in the ONNX format, with the input <c>x0</c>.</param>
    /// <param name="threads">How many compute.</param>
    public OnnxSession(byte[] network, int threads)
    {
        options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        session = new InferenceSession(network, options);
    }

    /// <summary>
    /// Takes an input <c>[N, ...input]</c>; each call of the result computes <c>[N, ...output]</c> from it.
    /// </summary>
    /// <param name="input">The input.</param>
    /// <param name="expected">The plan's result. When this one differs, the times say nothing, and this throws.</param>
    /// <param name="tolerance">How far, as a share of the largest number.</param>
    public Func<float[]> On(Tensor input, Tensor expected, double tolerance)
    {
        var value = OrtValue.CreateTensorValueFromMemory(input.data<float>().ToArray(), input.shape);
        values.Add(value);
        Check(expected.data<float>().ToArray(), Run(value), tolerance);
        return () => Run(value);
    }

    /// <summary>Computes all outputs.</summary>
    /// <param name="input">The input.</param>
    /// <returns>The least and the greatest number of each output, by its name.</returns>
    public Dictionary<string, (float Min, float Max)> Ranges(Tensor input)
    {
        using var value = OrtValue.CreateTensorValueFromMemory(input.data<float>().ToArray(), input.shape);
        using var outputs = session.Run(run, ["x0"], [value], session.OutputNames);
        return session
            .OutputNames.Zip(outputs, (name, output) => (name, output.GetTensorDataAsSpan<float>().ToArray()))
            .ToDictionary(item => item.name, item => (item.Item2.Min(), item.Item2.Max()));
    }

    private float[] Run(OrtValue input)
    {
        using var outputs = session.Run(run, ["x0"], [input], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static void Check(float[] ours, float[] theirs, double tolerance)
    {
        var (worst, largest) = (ours.Zip(theirs, (left, right) => Math.Abs(left - right)).Max(), ours.Max(Math.Abs));
        if (!(worst <= tolerance * largest))
            throw new InvalidOperationException($"ONNX Runtime's numbers differ by {worst} of {largest}.");
    }

    public void Dispose()
    {
        values.ForEach(value => value.Dispose());
        session.Dispose();
        options.Dispose();
        run.Dispose();
    }
}
