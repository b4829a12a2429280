using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ModelService.Models.Errors;
using ModelService.Models.Tensors;

namespace ModelService.Api.OpenInference;

/// <summary>An input tensor of a request, without its data.</summary>
/// <param name="Name"><c>image</c> or <c>input</c>.</param>
/// <param name="Datatype">The datatype in the protocol's words.</param>
/// <param name="Shape">The sizes, of which the first is the batch.</param>
internal sealed record InferTensor(string Name, string Datatype, long[] Shape)
{
    /// <summary>The input of encoded photos.</summary>
    public const string Image = "image";

    /// <summary>The input that is already a tensor.</summary>
    public const string Input = "input";

    /// <summary>The largest number of sizes: the batch, and those of the largest input.</summary>
    public const int MaxRank = 9;

    private const string Bytes = "BYTES",
        Float = "FP32",
        Half = "FP16",
        BFloat = "BF16";

    /// <summary>Whether it has encoded photos.</summary>
    public bool IsImage => Name == Image;

    // The sizes of one input.
    private long[] ItemShape => Shape[1..];

    /// <summary>Checks all that is known before the data is looked at.</summary>
    /// <param name="maxInputs">Largest batch.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public void Check(int maxInputs)
    {
        if (Name is not (Image or Input))
            throw Wrong($"is unknown. A model takes one of '{Image}' and '{Input}'");
        if (IsImage && Datatype != Bytes)
            throw Wrong($"must have the datatype {Bytes}, not '{Suggestions.Shorten(Datatype)}'");
        if (!IsImage && Datatype is not (Float or Half or BFloat))
        {
            throw Wrong(
                $"must have the datatype {Float}, or {Half} or {BFloat} as binary data, not "
                    + $"'{Suggestions.Shorten(Datatype)}'"
            );
        }

        if (Shape.Length is 0 or > MaxRank || Array.Exists(Shape, size => size < 1))
            throw Wrong($"must have a shape of 1 to {MaxRank} positive sizes, the batch first");
        if (IsImage && ItemShape is not ([] or [1]))
            throw Wrong("must have the shape [N]");
        if (!IsImage && Shape.Length == 1)
            throw Wrong("must have the batch as the first of its sizes");
        if (Shape[0] > maxInputs)
            throw Wrong($"has a batch of {Shape[0]}; at most {maxInputs} are allowed. Split it into several requests");
    }

    /// <summary>The inputs of a tensor whose numbers are known.</summary>
    /// <param name="data">The numbers, as many as the shape says.</param>
    public List<PredictionInput> FromNumbers(ReadOnlyMemory<float> data)
    {
        var (shape, length) = (ItemShape, data.Length / (int)Shape[0]);
        return
        [
            .. Enumerable
                .Range(0, (int)Shape[0])
                .Select(index => new RawTensor(shape, data.Slice(index * length, length))),
        ];
    }

    /// <summary>The inputs of a tensor that came as binary data.</summary>
    /// <param name="data">The bytes: numbers in little-endian order, or each photo after its length.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public List<PredictionInput> FromBytes(ReadOnlyMemory<byte> data) =>
        IsImage ? ReadPhotos(data) : FromNumbers(ReadNumbers(data.Span));

    /// <summary>Checks that the datatype can be written in JSON.</summary>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public void CheckJson()
    {
        if (Datatype is Half or BFloat)
            throw Wrong($"of the datatype {Datatype} must be sent as binary data");
    }

    /// <summary>Takes the only input: of the two inputs of a model, a request has one.</summary>
    /// <param name="inputs">The inputs of a request.</param>
    /// <param name="nameOf">Gets the name of one.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public static T Only<T>(IReadOnlyList<T> inputs, Func<T, string> nameOf) =>
        inputs is [var only]
            ? only
            : throw new ServingException(
                ErrorCode.MalformedRequest,
                $"A request must have one input, '{Image}' or '{Input}'. This one has "
                    + (
                        inputs.Count == 0
                            ? "none."
                            : $"{string.Join(", ", inputs.Select(input => $"'{Suggestions.Shorten(nameOf(input))}'"))}."
                    )
            );

    /// <summary>Creates an error about this tensor.</summary>
    public ServingException Wrong(string problem) =>
        new(ErrorCode.MalformedRequest, $"The input '{Suggestions.Shorten(Name)}' {problem}.");

    /// <summary>Checks that there are as many numbers as the shape says.</summary>
    /// <param name="numbers">The numbers.</param>
    /// <param name="source">Where they were.</param>
    /// <exception cref="ServingException"><see cref="ErrorCode.MalformedRequest"/>.</exception>
    public float[] CheckCount(float[] numbers, string source) =>
        HasElements(numbers.Length)
            ? numbers
            : throw Wrong(
                $"has {numbers.Length} {source}, which is not what the shape [{string.Join(", ", Shape)}] needs"
            );

    private float[] ReadNumbers(ReadOnlySpan<byte> data)
    {
        var size = Datatype == Float ? sizeof(float) : sizeof(ushort);
        var count = data.Length / size;
        if (data.Length % size != 0 || !HasElements(count))
        {
            throw Wrong(
                $"has {data.Length} bytes of data, which is not what {Datatype} of the shape "
                    + $"[{string.Join(", ", Shape)}] needs"
            );
        }

        var numbers = new float[count];
        if (Datatype == Float)
        {
            if (BitConverter.IsLittleEndian)
            {
                data.CopyTo(MemoryMarshal.AsBytes(numbers.AsSpan()));
                return numbers;
            }

            for (var index = 0; index < count; index++)
                numbers[index] = BinaryPrimitives.ReadSingleLittleEndian(data[(index * size)..]);
        }
        else
        {
            for (var index = 0; index < count; index++)
            {
                var bits = BinaryPrimitives.ReadUInt16LittleEndian(data[(index * size)..]);
                numbers[index] =
                    Datatype == Half
                        ? (float)BitConverter.UInt16BitsToHalf(bits)
                        : BitConverter.UInt32BitsToSingle((uint)bits << 16);
            }
        }

        return numbers;
    }

    // Whether the shape has this many numbers. Each size divides what is left: their product may overflow any number.
    private bool HasElements(long count)
    {
        foreach (var size in Shape)
        {
            if (count % size != 0)
                return false;
            count /= size;
        }

        return count == 1;
    }

    private List<PredictionInput> ReadPhotos(ReadOnlyMemory<byte> data)
    {
        var photos = new List<PredictionInput>();
        while (data.Length >= sizeof(uint))
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(data.Span);
            data = data[sizeof(uint)..];
            if (length > data.Length)
                throw Wrong($"has a photo of {length} bytes, but only {data.Length} bytes are left");
            if (photos.Count == Shape[0])
                throw Wrong($"has more photos than the {Shape[0]} of its shape");
            photos.Add(new EncodedImage(data[..(int)length]));
            data = data[(int)length..];
        }

        if (!data.IsEmpty)
            throw Wrong("ends within the length of a photo");
        return photos.Count == Shape[0]
            ? photos
            : throw Wrong($"has {photos.Count} photos, but its shape says {Shape[0]}");
    }
}
