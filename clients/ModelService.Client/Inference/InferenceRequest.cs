using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelService.Client;

/// <summary>A request to infer.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Inputs">The inputs.</param>
public sealed record InferenceRequest(string Model, IReadOnlyList<InferenceInput> Inputs)
{
    /// <summary>A request of one input.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="input">The input.</param>
    public InferenceRequest(string model, InferenceInput input)
        : this(model, [input]) { }

    /// <summary>The version; null: the server's choice.</summary>
    public string? Version { get; init; }

    /// <summary>Given back in the result; null: none.</summary>
    public string? Id { get; init; }

    /// <summary>The names of the outputs; null: all.</summary>
    public IReadOnlyList<string>? Outputs { get; init; }

    /// <summary>The number of best classes that each output has as text instead of numbers; null: numbers.</summary>
    public int? Classification { get; init; }

    /// <summary>The priority: 1 is the highest; null: the server's default.</summary>
    public int? Priority { get; init; }

    /// <summary>The time within which the answer is needed; null: no limit.</summary>
    public TimeSpan? Timeout { get; init; }
}

/// <summary>An input.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype in the protocol's words.</param>
/// <param name="Shape">Its sizes, the batch first.</param>
/// <param name="Data">Its bytes: numbers in little-endian order, or each item after its length.</param>
public sealed record InferenceInput(string Name, string Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>An input of numbers. They are copied.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Its sizes, the batch first.</param>
    /// <param name="numbers">The numbers, row-major.</param>
    public static InferenceInput FromFloats(string name, IReadOnlyList<long> shape, ReadOnlySpan<float> numbers)
    {
        var bytes = new byte[numbers.Length * sizeof(float)];
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(numbers).CopyTo(bytes);
        }
        else
        {
            for (var index = 0; index < numbers.Length; index++)
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(index * sizeof(float)), numbers[index]);
        }

        return new InferenceInput(name, "FP32", shape, bytes);
    }

    /// <summary>An input of bytes, such as encoded photos. They are copied.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="items">The items.</param>
    public static InferenceInput FromBytes(string name, params IReadOnlyList<ReadOnlyMemory<byte>> items)
    {
        var bytes = new byte[items.Sum(item => sizeof(uint) + item.Length)];
        var offset = 0;
        foreach (var item in items)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(offset), item.Length);
            item.Span.CopyTo(bytes.AsSpan(offset + sizeof(uint)));
            offset += sizeof(uint) + item.Length;
        }

        return new InferenceInput(name, "BYTES", [items.Count], bytes);
    }
}
