namespace ModelService.Models.Weights;

/// <summary>Names files that hold no weights that can be read, by their first bytes, and says what to do.</summary>
internal static class ForeignFormats
{
    private const string FromPython = "load the model in Python, and save torch.save(model.state_dict(), path)";

    /// <summary>Bytes in which the words of a text are looked for.</summary>
    private const int TextBytes = 64 << 10;

    private static readonly (int At, byte[] Magic, string Name)[] Kinds =
    [
        (0, [0x1f, 0x8b], "compressed with gzip: decompress it first"),
        (0, "BZh"u8.ToArray(), "compressed with bzip2: decompress it first"),
        (0, [0xfd, .. "7zXZ"u8], "compressed with xz: decompress it first"),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd: decompress it first"),
        (0, [.. "7z"u8, 0xbc, 0xaf], "a 7z archive: unpack it first"),
        (0, "Rar!"u8.ToArray(), "a RAR archive: unpack it first"),
        (
            257,
            "ustar"u8.ToArray(),
            "a tar archive: unpack it first, or, if PyTorch before 0.2 wrote it, save it again with a newer version"
        ),
        (0, [0x89, .. "PNG"u8], "an image"),
        (0, [0xff, 0xd8], "an image"),
        (0, "GIF8"u8.ToArray(), "an image"),
        (0, "%PDF"u8.ToArray(), "a PDF"),
        (0, [0x89, .. "HDF"u8], $"HDF5, as Keras writes it (.h5): {FromPython}"),
        (0, "GGUF"u8.ToArray(), $"GGUF, as llama.cpp reads it: {FromPython}"),
        (4, "TFL3"u8.ToArray(), $"a TensorFlow Lite model: {FromPython}"),
        (4, "ET12"u8.ToArray(), $"an ExecuTorch program: {FromPython}"),
        (0, [0x93, .. "NUMPY"u8], "a NumPy array: save the tensors as a state dict, torch.save({name: tensor}, path)"),
        (0, "<"u8.ToArray(), "a web page or XML (was the download refused?)"),
    ];

    /// <summary>Describes a file; null if it is of no kind that is known here.</summary>
    public static string? Describe(MappedBytes file)
    {
        var head = file.Span(0, (int)Math.Min(file.Length, TextBytes));
        foreach (var (at, magic, name) in Kinds)
        {
            if (head.Length > at && head[at..].StartsWith(magic))
                return name;
        }

        if (head.StartsWith("version https://git-lfs"u8))
        {
            return "a Git LFS pointer, which only refers to the file: run 'git lfs pull' in the repository, "
                + "or download the file itself";
        }

        return head.TrimStart(" \t\r\n"u8).StartsWith("{"u8) ? Json(head) : null;
    }

    /// <summary>Describes a zip that PyTorch didn't write; null if its kind is not known.</summary>
    /// <param name="entries">The names of its entries.</param>
    public static string? DescribeZip(IReadOnlyCollection<string> entries)
    {
        if (entries.Contains("model.weights.h5"))
            return $"a Keras model: {FromPython}";
        if (entries.Any(name => name.EndsWith(".npy", StringComparison.Ordinal)))
            return "NumPy arrays (.npz): save the tensors as a state dict, torch.save({name: tensor}, path)";
        if (entries.Any(name => name.EndsWith(".safetensors", StringComparison.Ordinal) || IsStateDict(name)))
            return "a zip around weights: unpack it, and send the file inside";
        if (entries.Any(name => name.EndsWith("/archive_format", StringComparison.Ordinal)))
            return $"a program of torch.export (.pt2): {FromPython}";
        return null;

        static bool IsStateDict(string name) =>
            name.EndsWith(".pth", StringComparison.Ordinal) || name.EndsWith(".pt", StringComparison.Ordinal);
    }

    private static string Json(ReadOnlySpan<byte> head) =>
        head.IndexOf("\"weight_map\""u8) >= 0
            ? "the index of a model in several files (shards), not the tensors: put the shards that it lists into one "
                + "file, such as save_file({k: v for f in files for k, v in load_file(f).items()}, path) of "
                + "safetensors.torch"
            : "JSON, such as a model's configuration";
}
