namespace ModelService.Models.Language.Analysis;

/// <summary>The memory that a network needs when it is served, estimated without building it.</summary>
public static class ServingMemory
{
    // Measured with networks of 4 to 54 layers with weights, after batches of every size.
    private const long BytesPerWeight = 650_000;

    // The stacks and heaps of its threads, measured with twenty small networks.
    private const long BytesPerNetwork = 1_400_000;

    /// <summary>Bytes of all tensors in a precision; counters are int64 in every precision.</summary>
    /// <param name="analysis">The network.</param>
    /// <param name="bytesPerNumber">4 for float32, 2 for float16 and bfloat16.</param>
    public static long WeightBytes(this ArchitectureAnalysis analysis, int bytesPerNumber) =>
        analysis.StateDict.Sum(tensor =>
            tensor.Shape.Aggregate(
                tensor.IsCounter ? sizeof(long) : (long)bytesPerNumber,
                (bytes, size) => bytes * size
            )
        );

    /// <summary>
    /// Estimated bytes of what libtorch and oneDNN make of the network's layers, beside their weights.
    /// </summary>
    /// <param name="analysis">The network.</param>
    public static long ProgramBytes(this ArchitectureAnalysis analysis) =>
        BytesPerNetwork + (BytesPerWeight * analysis.StateDict.Count(tensor => tensor.Shape.Count > 1));

    /// <summary>Bytes of all layers' outputs in float32, for one input: training would keep them all.</summary>
    /// <param name="analysis">The network.</param>
    public static long ActivationBytes(this ArchitectureAnalysis analysis) =>
        analysis.AllLayers.Where(node => node.Children.Count == 0).Sum(node => node.ActivationBytes);

    /// <summary>
    /// Estimated bytes to serve a batch in float32: the weights, and the peak of the activations in memory at once.
    /// </summary>
    /// <param name="analysis">The network.</param>
    /// <param name="batchSize">Number of inputs in the batch.</param>
    /// <remarks>
    /// While a layer runs, memory holds its input, its padded input where the layer makes one, and its output; besides,
    /// the inputs and outputs of the residual and concat blocks around it, which wait for their other branches.
    /// libtorch's own working memory is not counted.
    /// </remarks>
    public static long EstimateBytes(this ArchitectureAnalysis analysis, int batchSize) =>
        analysis.WeightBytes(sizeof(float))
        + analysis.AllLayers.Sum(node => node.FixedNumbers * sizeof(float))
        + (batchSize * analysis.Layers.Select(node => Peak(node)).DefaultIfEmpty().Max());

    private static long Peak(LayerNode node)
    {
        var ends = InputBytes(node) + node.ScratchBytes + node.ActivationBytes;
        if (node.Children.Count == 0)
            return ends;
        var inside = node.Children.Max(Peak);
        return node.Definition.BranchesOf(node).Count > 0 ? inside + ends : inside;
    }

    private static long InputBytes(LayerNode node) => node.Input.IsKnown ? node.Input.ElementCount * sizeof(float) : 0;
}
