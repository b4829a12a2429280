using ModelService.Models.Weights.Onnx;
using ModelService.Models.Weights.Pickle;
using ModelService.Models.Weights.Zip;

namespace ModelService.Models.Weights;

/// <summary>
/// A weights file on disk, memory-mapped. It is read as data only: nothing in it is executed, and no name in it is used
/// as a path. The tensors are views of the mapping and valid until this instance is disposed.
/// </summary>
public sealed class WeightsFile : IDisposable
{
    private readonly IReadOnlyList<MappedBytes> owned;
    private FileStream? stream; // that the file was opened with, if any

    private WeightsFile(WeightsFormat format, WeightsContent content, IReadOnlyList<MappedBytes> owned)
    {
        Format = format;
        Tensors = content.Tensors;
        Wrapper = content.Wrapper;
        Skipped = content.Skipped ?? [];
        RandomTensors = content.RandomTensors ?? [];
        this.owned = owned;
    }

    /// <summary>Length of the file in bytes.</summary>
    public long Length => owned[0].Length;

    /// <summary>The format, recognised by the content.</summary>
    public WeightsFormat Format { get; }

    /// <summary>
    /// The key under which the file has the state dict, such as <c>state_dict</c>; nested keys are joined by dots. Null
    /// if the file is itself the state dict.
    /// </summary>
    public string? Wrapper { get; }

    /// <summary>
    /// The tensors, in file order and with the file's names. Empty if the file is valid but has none.
    /// </summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The entries of the state dict that are not read.</summary>
    public IReadOnlyList<SkippedEntry> Skipped { get; }

    /// <summary>
    /// Names of the tensors that were random in the model that the file was saved from. Only files that this service
    /// wrote have this list.
    /// </summary>
    public IReadOnlyList<string> RandomTensors { get; }

    /// <summary>Opens a file and checks everything except the values of the elements.</summary>
    /// <param name="path">The file. Nothing may shorten it while it is open.</param>
    /// <param name="limits">Upper limits for the file's content.</param>
    /// <exception cref="Errors.ServingException">
    /// <c>weights_unreadable</c>: the file is of an unknown format, damaged, beyond a limit, or holds code;
    /// <c>storage_unavailable</c>: the file is compressed, and the disk has no room for the unpacked content.
    /// </exception>
    /// <exception cref="IOException">
    /// The path can't be opened. The file's content never causes this exception.
    /// </exception>
    public static WeightsFile Open(string path, WeightsLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return Open(MappedBytes.FromFile(path), limits);
    }

    /// <summary>Opens a file that is open already, as <see cref="Open(string, WeightsLimits)"/>.</summary>
    /// <param name="file">
    /// The file, whose path may be deleted already; owned by the result, and closed when the call fails.
    /// </param>
    /// <param name="limits">Upper limits for the file's content.</param>
    /// <param name="search">The state dict to find in the file; null: the one with most tensors.</param>
    internal static WeightsFile Open(FileStream file, WeightsLimits limits, StateDictSearch? search = null)
    {
        var opened = Open(MappedBytes.FromFile(file.SafeFileHandle, file.Name), limits, search);
        opened.stream = file; // whose finalizer would close the handle
        return opened;
    }

    /// <summary>Ends the mapping, after copies in progress have finished.</summary>
    public void Dispose()
    {
        Dispose(owned);
        stream?.Dispose();
    }

    /// <summary>Reads bytes as a file. The result owns the bytes; if the call fails, they are disposed.</summary>
    internal static WeightsFile Open(MappedBytes bytes, WeightsLimits limits, StateDictSearch? search = null)
    {
        search ??= new StateDictSearch();
        var owned = new List<MappedBytes> { bytes };
        try
        {
            var format = FormatSniffer.Sniff(bytes);
            if (format is WeightsFormat.Safetensors or WeightsFormat.TorchSharp or WeightsFormat.Onnx)
                search.ThrowIfNamed();
            var content = format switch
            {
                WeightsFormat.Safetensors => SafetensorsReader.Read(bytes, limits),
                WeightsFormat.PyTorchZip => PyTorchZipReader.Read(bytes, limits, owned, search),
                WeightsFormat.PyTorchLegacy => PyTorchLegacyReader.Read(bytes, limits, search),
                WeightsFormat.Onnx => OnnxReader.Read(bytes, limits, owned),
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
