using ModelService.Models.Weights.Pickle;
using ModelService.Models.Weights.Zip;

namespace ModelService.Models.Weights;

/// <summary>
/// A weights file on disk, memory-mapped and read as data: nothing in it is executed, and no name in it is used as a path.
/// Its tensors are views of the mapping and valid until it is disposed.
/// </summary>
public sealed class WeightsFile : IDisposable
{
    private readonly IReadOnlyList<MappedBytes> owned;

    private WeightsFile(WeightsFormat format, WeightsContent content, IReadOnlyList<MappedBytes> owned)
    {
        Format = format;
        Tensors = content.Tensors;
        Wrapper = content.Wrapper;
        RandomTensors = content.RandomTensors ?? [];
        this.owned = owned;
    }

    /// <summary>Bytes of the file.</summary>
    public long Length => owned[0].Length;

    /// <summary>The format, as the content tells it.</summary>
    public WeightsFormat Format { get; }

    /// <summary>The key under which the weights stood, such as <c>state_dict</c>; several are joined by dots. Null for none.</summary>
    public string? Wrapper { get; }

    /// <summary>The tensors in file order, under their names in the file. Empty if the file is good but holds none.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>Names of the tensors that were random in the model whose weights these are; only a file that comes from here says so.</summary>
    public IReadOnlyList<string> RandomTensors { get; }

    /// <summary>Opens a file and checks everything but the numbers in it.</summary>
    /// <param name="path">The file. It must not be shortened while it is open.</param>
    /// <param name="limits">What is taken at most.</param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: of no known format, damaged, beyond a limit, or more than data; <c>storage_unavailable</c>: it is compressed, and
    /// the disk has no room for what it unpacks to.
    /// </exception>
    /// <exception cref="IOException">The path can't be opened: nothing that the file's content could cause.</exception>
    public static WeightsFile Open(string path, WeightsLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Open(MappedBytes.OfFile(path), limits);
    }

    /// <summary>Ends the mapping; a copy that is under way is finished first.</summary>
    public void Dispose() => Dispose(owned);

    /// <summary>Reads bytes as a file, and owns them from here on.</summary>
    internal static WeightsFile Open(MappedBytes bytes, WeightsLimits limits)
    {
        var owned = new List<MappedBytes> { bytes };
        try
        {
            var format = FormatSniffer.Sniff(bytes);
            var content = format switch
            {
                WeightsFormat.Safetensors => SafetensorsReader.Read(bytes, limits),
                WeightsFormat.PyTorchZip => PyTorchZipReader.Read(bytes, limits, owned),
                WeightsFormat.PyTorchLegacy => PyTorchLegacyReader.Read(bytes, limits),
                _ => TorchSharpReader.Read(bytes, limits),
            };
            return new WeightsFile(format, content, owned);
        }
        catch
        {
            Dispose(owned);
            throw;
        }
    }

    private static void Dispose(IReadOnlyList<MappedBytes> owned)
    {
        foreach (var bytes in owned)
            bytes.Dispose();
    }
}
