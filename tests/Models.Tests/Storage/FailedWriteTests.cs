using System.Text;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.FileSystem;

namespace ModelService.Models.Tests.Storage;

/// <summary>
/// A write that fails half-way: a method that throws has changed nothing, neither now nor after a restart, and what a
/// method has done is done, even if a part of the old files can't be deleted.
/// </summary>
public sealed class FailedWriteTests : IDisposable
{
    private static readonly CancellationToken Token = CancellationToken.None;

    private readonly string root = Directory.CreateTempSubdirectory("store-").FullName;
    private DataFolder? folder;
    private FileSystemModelStore? store;

    public void Dispose()
    {
        Close();
        Directory.Delete(root, recursive: true);
    }

    [Fact]
    public async Task Remove_ModelWhoseRemovalIsNotOnTheDisk_IsStillThere()
    {
        var opened = await OpenAsync();
        var files = await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        FailFlush(number: 1);

        await FailsAsync(() => opened.RemoveAsync("pets"));

        Assert.Equal("abc", await WeightsAsync(files));
        Assert.Equal(["pets@1"], await RestartAsync());
        Assert.Equal("abc", await WeightsAsync(files));
    }

    [Fact]
    public async Task Remove_VersionWhoseRemovalIsNotOnTheDisk_IsStillThere()
    {
        var opened = await OpenAsync();
        var files = await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        FailFlush(number: 1);

        await FailsAsync(() => opened.RemoveAsync("pets", 1));

        Assert.Equal("abc", await WeightsAsync(files));
        Assert.Equal(["pets@1"], await RestartAsync());
    }

    [Fact]
    public async Task Remove_FilesThatCantBeDeleted_IsDoneAndTheNextStartDeletesThem()
    {
        var opened = await OpenAsync();
        await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        folder!.DeleteFolder = _ => throw new IOException("A file is open.");

        await opened.RemoveAsync("pets");

        Assert.Single(Staged());
        Assert.Empty(await RestartAsync());
        Assert.Empty(Staged());
    }

    [Theory]
    [InlineData(1)] // of the staged files
    [InlineData(2)] // of the old version's move
    [InlineData(3)] // of the new version's move
    public async Task PutVersion_ReplacementThatIsNotOnTheDisk_KeepsTheOldVersion(int number)
    {
        var opened = await OpenAsync();
        var files = await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "old"), Token);
        FailFlush(number);

        await FailsAsync(() => opened.PutVersionAsync(Replacement("new"), Token));

        Assert.Equal("old", await WeightsAsync(files));
        Assert.Empty(Staged());
        Assert.Equal(["pets@1"], await RestartAsync());
        Assert.Equal("old", await WeightsAsync(files));
        Assert.Equal(["1"], Children("pets"));
    }

    [Fact]
    public async Task PutVersion_OldVersionThatCantBeMoved_KeepsIt()
    {
        var opened = await OpenAsync();
        var files = await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "old"), Token);
        File.WriteAllText(Path.Combine(root, "models", "pets", "1.old"), "in the way");

        await FailsAsync(() => opened.PutVersionAsync(Replacement("new"), Token));

        Assert.Equal("old", await WeightsAsync(files));
        Assert.Empty(Staged());
        Assert.Equal(["pets@1"], await RestartAsync());
    }

    [Fact]
    public async Task PutVersion_OldVersionThatCantBeRemoved_IsDone()
    {
        var opened = await OpenAsync();
        await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "old"), Token);
        FailFlush(number: 4);

        var files = await opened.PutVersionAsync(Replacement("newer"), Token);

        Assert.Equal("newer", await WeightsAsync(files));
        Assert.Equal(["1", "1.old"], Children("pets"));
        Assert.Equal(["pets@1"], await RestartAsync());
        Assert.Equal("newer", await WeightsAsync(files));
        Assert.Equal(["1"], Children("pets"));
    }

    [Fact]
    public async Task PutVersion_NewVersionThatIsNotOnTheDisk_IsNotThere()
    {
        var opened = await OpenAsync();
        await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        FailFlush(number: 2);

        await FailsAsync(() => opened.PutVersionAsync(ModelStoreContract.Version("pets", 2, "abc"), Token));

        Assert.Empty(Staged());
        Assert.Equal(["pets@1"], await RestartAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PutSettings_ThatAreNotOnTheDisk_AreAsBefore(bool hadSettings)
    {
        var opened = await OpenAsync();
        await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        if (hadSettings)
            await opened.PutSettingsAsync("pets", new ModelSettings { DefaultVersion = 1 });
        var before = Children("pets");
        FailFlush(number: 1);

        await FailsAsync(() => opened.PutSettingsAsync("pets", new ModelSettings { LastVersion = 7 }));

        Assert.Empty(Staged());
        Assert.Equal(before, Children("pets"));
        Close();
        store = StoreFactory.Create(root, readOnly: false, out folder);
        var settings = Assert.Single(await store.OpenAsync(Token)).Settings;
        Assert.Equal((hadSettings ? 1 : null, 0), (settings.DefaultVersion, settings.LastVersion));
    }

    [Fact]
    public async Task PutSettings_FolderInTheWay_LeavesNoFile()
    {
        var opened = await OpenAsync();
        await opened.PutVersionAsync(ModelStoreContract.Version("pets", 1, "abc"), Token);
        Directory.CreateDirectory(Path.Combine(root, "models", "pets", "model.json"));

        await FailsAsync(() => opened.PutSettingsAsync("pets", new ModelSettings()));

        Assert.Empty(Staged());
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(root, "models", "pets", "model.json")));
    }

    private static VersionContent Replacement(string weights) =>
        ModelStoreContract.Version("pets", 1, weights) with
        {
            Replaces = true,
        };

    private static async Task FailsAsync(Func<Task> write)
    {
        var error = await Assert.ThrowsAsync<ServingException>(write);
        Assert.Equal(ErrorCode.StorageUnavailable, error.Code);
        Assert.Contains("Nothing was changed", error.Message, StringComparison.Ordinal);
    }

    // Lets one flush of a folder fail, counted from here.
    private void FailFlush(int number)
    {
        var flush = folder!.FlushFolder;
        folder.FlushFolder = path =>
        {
            if (--number == 0)
                throw new IOException("The folder can't be flushed.");
            flush(path);
        };
    }

    private async Task<FileSystemModelStore> OpenAsync()
    {
        store = StoreFactory.Create(root, readOnly: false, out folder);
        await store.OpenAsync(Token);
        return store;
    }

    private async Task<IEnumerable<string>> RestartAsync()
    {
        Close();
        store = StoreFactory.Create(root, readOnly: false, out folder);
        var models = await store.OpenAsync(Token);
        Assert.All(models.SelectMany(model => model.Versions), version => Assert.Null(version.Damage));
        return models.SelectMany(model => model.Versions.Select(version => $"{model.Name}@{version.Version}"));
    }

    private async Task<string> WeightsAsync(IReadOnlyDictionary<string, StoredFile> files)
    {
        await using var file = await store!.OpenWeightsAsync("pets", 1, files[StoredFile.Weights], Token);
        using var reader = new StreamReader(file, Encoding.UTF8);
        return await reader.ReadToEndAsync(Token);
    }

    private string[] Staged() => Directory.GetFileSystemEntries(Path.Combine(root, ".staging"));

    private List<string> Children(string model) =>
        [
            .. new DirectoryInfo(Path.Combine(root, "models", model))
                .GetFileSystemInfos()
                .Select(item => item.Name)
                .Order(),
        ];

    private void Close()
    {
        store?.Dispose();
        folder?.Dispose();
    }
}
