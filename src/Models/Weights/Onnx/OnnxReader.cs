namespace ModelService.Models.Weights.Onnx;

/// <summary>
/// Reads the initialisers of an ONNX model: the tensors that its graph begins with. Of the graph itself, only the names
/// are read, for the order in which the operators use the tensors.
/// </summary>
internal static class OnnxReader
{
    // Fields of ModelProto, GraphProto, NodeProto and SparseTensorProto.
    private const int Graph = 7;
    private const int Node = 1;
    private const int Initializer = 5;
    private const int SparseInitializer = 15;
    private const int Input = 1;
    private const int SparseValues = 1;

    // Bytes of the start of a file that tell what it is.
    private const int Shortest = 16;

    /// <summary>
    /// Whether bytes are the beginning of an ONNX file: a protocol buffer that begins with the version (field 1, a
    /// small number) and the producer, the domain or the graph.
    /// </summary>
    public static bool Recognizes(ReadOnlySpan<byte> head) =>
        head.Length > Shortest
        && head[0] == 0x08
        && head[1] is > 0 and < 32
        && (
            (head[2] is 0x12 or 0x1a or 0x22 && IsText(head[4..Math.Min(head.Length, 4 + head[3])]))
            || head[2] is 0x3a or 0x42
        );

    /// <summary>Reads the tensors, in the order in which the graph uses them.</summary>
    /// <param name="file">The file.</param>
    /// <param name="limits">The limits of a weights file.</param>
    /// <param name="owned">Receives the file with unpacked elements, if there is one.</param>
    public static WeightsContent Read(MappedBytes file, WeightsLimits limits, List<MappedBytes> owned)
    {
        var (start, length) = FindGraph(file);
        var (found, skipped) = ReadInitializers(file, new ProtobufMessage(file, start, length), limits);
        found = InOrder(found, new ProtobufMessage(file, start, length), limits);
        var bytes = found.Sum(tensor => tensor.UnpackedBytes);
        if (bytes > limits.MaxTotalBytes)
        {
            throw Unreadable.Because(
                $"The tensors unpack to {bytes} bytes; at most {limits.MaxTotalBytes} are allowed."
            );
        }

        MappedBytes? unpacked = null;
        if (bytes > 0)
            owned.Add(unpacked = file.CreateBeside(bytes));
        var tensors = new TensorList(limits);
        var offset = 0L;
        foreach (var tensor in found)
        {
            tensors.Add(tensor.UnpackedBytes == 0 ? tensor.InPlace() : tensor.Unpack(unpacked!, offset));
            offset += tensor.UnpackedBytes;
        }

        return new WeightsContent(tensors.Tensors, Skipped: skipped);
    }

    private static (long Start, long Length) FindGraph(MappedBytes file)
    {
        var model = new ProtobufMessage(file, 0, file.Length);
        (long, long)? graph = null;
        while (model.Next())
        {
            if (model.Field != Graph)
                continue;
            if (graph is not null || model.Type != WireType.Bytes)
                throw model.Damaged("the file has a second graph, or one that is no message");
            graph = (model.Start, model.Length);
        }

        return graph ?? throw Unreadable.Because("The ONNX file has no graph.");
    }

    private static (List<OnnxTensor> Found, List<SkippedEntry> Skipped) ReadInitializers(
        MappedBytes file,
        ProtobufMessage graph,
        WeightsLimits limits
    )
    {
        var (found, skipped) = (new List<OnnxTensor>(), new List<SkippedEntry>());
        while (graph.Next())
        {
            if (graph.Field is not (Initializer or SparseInitializer))
                continue;
            TensorList.CheckCount(found.Count + skipped.Count + 1L, limits);
            if (graph.Field == SparseInitializer)
            {
                skipped.Add(new SkippedEntry(SparseName(graph.Message(), limits), "a sparse tensor"));
                continue;
            }

            var tensor = OnnxTensor.Read(file, graph, limits);
            if (tensor.Name.Length == 0)
                throw graph.Damaged("a tensor has no name");
            if (tensor.Dtype is null)
                skipped.Add(new SkippedEntry(tensor.Name, $"a tensor of type {tensor.TypeName}"));
            else
                found.Add(tensor);
        }

        return (found, skipped);
    }

    // The name of a sparse tensor is that of its values.
    private static string SparseName(ProtobufMessage sparse, WeightsLimits limits)
    {
        while (sparse.Next())
        {
            if (sparse.Field != SparseValues)
                continue;
            var values = sparse.Message();
            while (values.Next())
            {
                if (values.Field == OnnxTensor.NameField)
                    return values.Text(limits.MaxNameBytes);
            }
        }

        return "";
    }

    // Tensors that no operator uses come last, in file order.
    private static List<OnnxTensor> InOrder(List<OnnxTensor> found, ProtobufMessage graph, WeightsLimits limits)
    {
        var names = found.Select(tensor => tensor.Name).ToHashSet();
        var places = new Dictionary<string, int>();
        while (graph.Next())
        {
            if (graph.Field != Node)
                continue;
            var node = graph.Message();
            while (node.Next())
            {
                if (node.Field != Input || node.Length > limits.MaxNameBytes)
                    continue;
                var name = node.Text(limits.MaxNameBytes);
                if (names.Contains(name))
                    places.TryAdd(name, places.Count);
            }
        }

        return [.. found.OrderBy(tensor => places.GetValueOrDefault(tensor.Name, int.MaxValue))];
    }

    private static bool IsText(ReadOnlySpan<byte> bytes) =>
        !bytes.IsEmpty && bytes.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
}
