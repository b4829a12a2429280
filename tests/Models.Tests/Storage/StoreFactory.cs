using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using ModelService.Models.Language.Analysis;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Tests.Storage;

/// <summary>Creates stores in the file system.</summary>
internal static class StoreFactory
{
    public static FileSystemModelStore Create(string root, bool readOnly, out DataFolder folder)
    {
        folder = new DataFolder(
            Options.Create(new StorageOptions { Path = root, ReadOnly = readOnly }),
            new Host(),
            NullLogger<DataFolder>.Instance
        );
        return new FileSystemModelStore(
            folder,
            new StoredVersionReader(Options.Create(new ArchitectureLimits()), NullLogger<StoredVersionReader>.Instance),
            NullLogger<FileSystemModelStore>.Instance
        );
    }

    internal sealed class Host : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = "Test";

        public string ApplicationName { get; set; } = "Test";

        public string ContentRootPath { get; set; } = Path.GetTempPath();

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
