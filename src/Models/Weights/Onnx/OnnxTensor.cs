namespace ModelService.Models.Weights.Onnx;

/// <summary>
/// A tensor of an ONNX file, checked: it has as many elements as its sizes say. Where its elements are written as the
/// type has them in memory, they are read in place; all others are unpacked.
/// </summary>
internal sealed class OnnxTensor
{
    /// <summary>The field with the name.</summary>
    public const int NameField = 8;

    private const int MaxSizes = TensorGeometry.MaxRank;

    private readonly MappedBytes file;
    private readonly long start;
    private readonly long length;
    private readonly int typeNumber;
    private readonly bool hasRaw;
    private int pieces; // of the element type's own field
    private long elements; // in the same
    private long placeStart; // of the raw data, or of the only piece
    private long placeLength;

    private OnnxTensor(MappedBytes file, ProtobufMessage place, WeightsLimits limits)
    {
        this.file = file;
        (start, length) = (place.Start, place.Length);
        var shape = new List<long>();
        var message = place.Message();
        string? otherFile = null;
        var isExternal = false;
        while (message.Next())
        {
            switch (message.Field)
            {
                case 1:
                    foreach (var size in message.Numbers(MaxSizes))
                        shape.Add(size);
                    if (shape.Count > MaxSizes)
                        throw message.Damaged($"a tensor has more than {MaxSizes} dimensions");
                    break;
                case 2 when message.Type == WireType.Varint:
                    typeNumber = (int)Math.Min(message.Number, int.MaxValue);
                    break;
                case 3:
                    throw message.Damaged("a tensor is written in segments, which are not read");
                case NameField:
                    Name = message.Text(limits.MaxNameBytes);
                    break;
                case 9 when message.Type == WireType.Bytes:
                    (hasRaw, placeStart, placeLength) = (true, message.Start, message.Length);
                    break;
                case 13 when message.Type == WireType.Bytes:
                    isExternal = true;
                    otherFile ??= Location(message.Message(), limits);
                    break;
                case 14 when message.Type == WireType.Varint:
                    isExternal |= message.Number == 1;
                    break;
            }
        }

        if (isExternal)
            throw Unreadable.Because(External(otherFile));
        Geometry = TensorGeometry.Contiguous([.. shape])!;
        if (Geometry is null)
            throw Unreadable.Because($"The tensor {Quoted} has the sizes {Unreadable.Sizes(shape)}.");
        Dtype = OnnxTypes.Find(typeNumber);
    }

    /// <summary>The name.</summary>
    public string Name { get; } = "";

    /// <summary>The element type; null if it is one that is not read.</summary>
    public WeightsDtype? Dtype { get; }

    /// <summary>The sizes.</summary>
    public TensorGeometry Geometry { get; }

    /// <summary>The element type, for a message.</summary>
    public string TypeName => OnnxTypes.Name(typeNumber);

    /// <summary>Bytes of the elements once they are unpacked; 0 if they are read in place.</summary>
    public long UnpackedBytes { get; private set; }

    private string Quoted => Unreadable.Quote(Name);

    /// <summary>Reads and checks a tensor.</summary>
    /// <param name="file">The file.</param>
    /// <param name="place">A message that has just read the field with the tensor.</param>
    /// <param name="limits">The limits of a weights file.</param>
    public static OnnxTensor Read(MappedBytes file, ProtobufMessage place, WeightsLimits limits)
    {
        var tensor = new OnnxTensor(file, place, limits);
        if (tensor.Dtype is { } dtype)
            tensor.CheckElements(dtype);
        return tensor;
    }

    /// <summary>The tensor as one whose elements are read in place.</summary>
    public StoredTensor InPlace() => new(Name, Dtype!.Value, Geometry, file, placeStart);

    /// <summary>Unpacks the elements.</summary>
    /// <param name="target">Receives them.</param>
    /// <param name="offset">Offset of the first element there.</param>
    public StoredTensor Unpack(MappedBytes target, long offset)
    {
        using (var writer = new ElementWriter(target, offset, Dtype!.Value, Quoted))
        {
            var message = new ProtobufMessage(file, start, length);
            while (message.Next())
            {
                if (message.Field == OnnxTypes.Field(Dtype.Value))
                    writer.Write(file, message);
            }
        }

        return new StoredTensor(Name, Dtype.Value, Geometry, target, offset);
    }

    private void CheckElements(WeightsDtype dtype)
    {
        var isPlaced = hasRaw;
        if (hasRaw)
        {
            elements = placeLength / dtype.Size();
            if (placeLength % dtype.Size() != 0)
                throw Unreadable.Because($"The tensor {Quoted} has {placeLength} bytes, not whole elements.");
        }
        else
        {
            Count(dtype);
            isPlaced = pieces == 1 && OnnxTypes.IsPlain(dtype);
        }

        if (elements != Geometry.ElementCount)
        {
            throw Unreadable.Because(
                $"The tensor {Quoted} ({dtype.Text()}, {Unreadable.Sizes(Geometry.Shape)}) needs "
                    + $"{Geometry.ElementCount} elements, but the file has {elements}."
            );
        }

        UnpackedBytes = isPlaced ? 0 : elements * dtype.Size();
    }

    // Counts the elements in the type's own field, which may come in pieces, packed or one by one.
    private void Count(WeightsDtype dtype)
    {
        var message = new ProtobufMessage(file, start, length);
        while (message.Next())
        {
            if (message.Field != OnnxTypes.Field(dtype))
                continue;
            if (message.Type != WireType.Bytes)
            {
                if (message.Type != OnnxTypes.Single(dtype))
                    throw message.Damaged($"an element of {Quoted} is not a {dtype.Text()}");
                (pieces, elements) = (2, elements + 1);
                continue;
            }

            pieces = Math.Min(pieces + 1, 2);
            (placeStart, placeLength) = (message.Start, message.Length);
            if (!OnnxTypes.IsPlain(dtype))
                elements += CountVarints(message);
            else if (message.Length % dtype.Size() == 0)
                elements += message.Length / dtype.Size();
            else
                throw message.Damaged($"the elements of {Quoted} have {message.Length} bytes");
        }
    }

    private long CountVarints(ProtobufMessage message)
    {
        var count = 0L;
        for (var packed = new PackedVarints(file, message.Start, message.Length); packed.Next(); )
            count++;
        return count;
    }

    private static string? Location(ProtobufMessage entry, WeightsLimits limits)
    {
        var (key, value) = ("", "");
        while (entry.Next())
        {
            if (entry.Field == 1)
                key = entry.Text(limits.MaxNameBytes);
            else if (entry.Field == 2)
                value = entry.Text(limits.MaxStringBytes);
        }

        return key == "location" ? value : null;
    }

    private string External(string? otherFile) =>
        $"The tensor {Quoted} is in another file"
        + (otherFile is null ? "" : $" ({Unreadable.Quote(otherFile)})")
        + ". Save the model in one file: onnx.save(onnx.load(path), \"one.onnx\").";
}
