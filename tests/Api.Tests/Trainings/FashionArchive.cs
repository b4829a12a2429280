using System.IO.Compression;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace ModelService.Api.Tests.Trainings;

/// <summary>
/// Fashion-MNIST, as Debian's package <c>dataset-fashion-mnist</c> installs it: 70,000 grey pictures of clothes, 28 by
/// 28. The files are those of the MNIST page: big-endian numbers, then bytes.
/// </summary>
internal static class FashionArchive
{
    private const string Folder = "/usr/share/datasets/fashion-mnist";
    private const int Side = 28;
    private const int Classes = 10;

    /// <summary>Whether the package is installed.</summary>
    public static bool IsInstalled => Directory.Exists(Folder);

    /// <summary>Returns a zip file of the first pictures of each class, as a data set takes it.</summary>
    /// <param name="train">Training pictures of each class.</param>
    /// <param name="test">Test pictures of each class.</param>
    public static byte[] Create(int train, int test)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "train", "train", train);
            Add(zip, "test", "t10k", test);
        }

        return bytes.ToArray();
    }

    private static void Add(ZipArchive zip, string split, string file, int perClass)
    {
        var pixels = Read($"{file}-images-idx3-ubyte.gz", header: 16);
        var labels = Read($"{file}-labels-idx1-ubyte.gz", header: 8);
        var counts = new int[Classes];
        for (var index = 0; index < labels.Length; index++)
        {
            var label = labels[index];
            if (counts[label]++ >= perClass)
                continue;
            using var picture = Image.LoadPixelData<L8>(pixels.AsSpan(index * Side * Side, Side * Side), Side, Side);
            using var entry = zip.CreateEntry($"{split}/{label}/{index}.png", CompressionLevel.NoCompression).Open();
            picture.SaveAsPng(entry);
        }
    }

    private static byte[] Read(string file, int header)
    {
        using var packed = new GZipStream(File.OpenRead(Path.Combine(Folder, file)), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        packed.CopyTo(bytes);
        return bytes.ToArray()[header..];
    }
}
