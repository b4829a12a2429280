using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelService.Client;

/// <summary>What a server has inferred.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that computed it; null: the server does not say.</param>
/// <param name="Id">The request's id; null: none.</param>
/// <param name="Outputs">The outputs.</param>
public sealed record InferenceResult(string Model, string? Version, string? Id, IReadOnlyList<InferenceOutput> Outputs)
{
    /// <summary>An output.</summary>
    /// <param name="name">Its name.</param>
    public InferenceOutput this[string name] =>
        Outputs.FirstOrDefault(output => output.Name == name)
        ?? throw new KeyNotFoundException($"The result has no output '{name}'.");
}

/// <summary>An output.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype in the protocol's words.</param>
/// <param name="Shape">Its sizes, the batch first.</param>
/// <param name="Data">Its bytes: numbers in little-endian order, or each item after its length.</param>
public sealed record InferenceOutput(string Name, string Datatype, IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Data)
{
    /// <summary>The numbers of an output of <c>FP32</c>.</summary>
    /// <exception cref="InvalidOperationException">It has another datatype.</exception>
    public float[] ToFloats()
    {
        Expect("FP32");
        var numbers = MemoryMarshal.Cast<byte, float>(Data.Span).ToArray();
        if (!BitConverter.IsLittleEndian)
        {
            for (var index = 0; index < numbers.Length; index++)
                numbers[index] = BinaryPrimitives.ReadSingleLittleEndian(Data.Span[(index * sizeof(float))..]);
        }

        return numbers;
    }

    /// <summary>The texts of an output of <c>BYTES</c>, such as the best classes.</summary>
    /// <exception cref="InvalidOperationException">It has another datatype.</exception>
    public IReadOnlyList<string> ToStrings()
    {
        Expect("BYTES");
        var texts = new List<string>();
        for (var rest = Data.Span; rest.Length >= sizeof(uint); )
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            texts.Add(Encoding.UTF8.GetString(rest.Slice(sizeof(uint), length)));
            rest = rest[(sizeof(uint) + length)..];
        }

        return texts;
    }

    private void Expect(string datatype)
    {
        if (Datatype != datatype)
            throw new InvalidOperationException($"The output '{Name}' is {Datatype}, not {datatype}.");
    }
}

/// <summary>What a server tells of itself.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">The extensions of the protocol that it supports.</param>
public sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions);

/// <summary>A model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Versions">Its versions; null: the server does not say.</param>
/// <param name="Platform">What computes it.</param>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
public sealed record ModelMetadata(
    string Name,
    IReadOnlyList<string>? Versions,
    string Platform,
    IReadOnlyList<TensorMetadata> Inputs,
    IReadOnlyList<TensorMetadata> Outputs
);

/// <summary>An input or an output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Datatype">Its datatype in the protocol's words.</param>
/// <param name="Shape">Its sizes; -1 for one that varies, such as the batch.</param>
public sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape);
