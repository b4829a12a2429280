using System.IO.Compression;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Imaging;
using ModelService.Imaging.Preprocessing;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Scheduling;
using ModelService.Models.Storage.FileSystem;
using ModelService.Models.Tests.Storage;

namespace ModelService.Models.Tests.Datasets.Support;

/// <summary>A catalogue of data sets over a temporary data folder.</summary>
internal sealed class DatasetHarness : IDisposable
{
    private static readonly CancellationToken Token = CancellationToken.None;

    public DatasetHarness(DatasetOptions? limits = null)
    {
        Limits = limits ?? new DatasetOptions();
        Open();
    }

    public DatasetOptions Limits { get; }

    public string Root { get; } = Directory.CreateTempSubdirectory("datasets-").FullName;

    public DataFolder Folder { get; private set; } = null!;

    public DatasetCatalog Catalog { get; private set; } = null!;

    public string FolderOf(string name) => Path.Combine(Root, "datasets", name);

    public string[] Staged() => Directory.GetFileSystemEntries(Path.Combine(Root, ".staging"));

    public void Dispose()
    {
        Close();
        Directory.Delete(Root, recursive: true);
    }

    public void Restart(bool readOnly = false)
    {
        Close();
        Open(readOnly);
    }

    public Dataset Find(string name, int? revision = null) => Catalog.Find(name, revision).OrThrow();

    /// <summary>Uploads single images, each with its label.</summary>
    public Task<UploadResult> AddAsync(string name, params (string Label, byte[] Bytes)[] images) =>
        AddAsync(name, new UploadTerms(), images);

    public async Task<UploadResult> AddAsync(
        string name,
        UploadTerms terms,
        params (string Label, byte[] Bytes)[] images
    )
    {
        var parts = new List<UploadPart>();
        var offset = 0L;
        foreach (var (label, bytes) in images)
        {
            parts.Add(new UploadPart($"{label}.png", label, offset, bytes.Length));
            offset += bytes.Length;
        }

        await using var file = Stage([.. images.SelectMany(image => image.Bytes)]);
        return (await Catalog.AddAsync(name, new DatasetUpload(file, parts, terms), Token)).OrThrow();
    }

    public async Task<UploadResult> AddZipAsync(string name, byte[] zip, UploadTerms? terms = null)
    {
        await using var file = Stage(zip);
        return (await Catalog.AddAsync(name, Upload(file, terms), Token)).OrThrow();
    }

    public static DatasetUpload Upload(FileStream file, UploadTerms? terms = null) =>
        new(file, [new UploadPart("upload.zip", null, 0, file.Length)], terms ?? new UploadTerms()) { IsZip = true };

    public static FileStream Stage(byte[] bytes)
    {
        var file = new FileStream(
            Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            4096,
            FileOptions.DeleteOnClose
        );
        file.Write(bytes);
        file.Flush();
        return file;
    }

    public static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name, CompressionLevel.Fastest).Open();
                entry.Write(bytes);
            }
        }

        return zip.ToArray();
    }

    private void Open(bool readOnly = false)
    {
        StoreFactory.Create(Root, readOnly, out var folder).Dispose();
        Folder = folder;
        Folder.Open();
        Catalog = new DatasetCatalog(
            Folder,
            new Preprocessor(Options.Create(new ImagingOptions())),
            new DecodePool(),
            Options.Create(Limits),
            TimeProvider.System,
            NullLogger<DatasetCatalog>.Instance
        );
        Catalog.Open();
    }

    private void Close()
    {
        Catalog.Dispose();
        Folder.Dispose();
    }
}
