using ModelService.Models.Datasets;
using ModelService.Models.Errors;
using ModelService.Models.Tests.Datasets.Support;

namespace ModelService.Models.Tests.Datasets;

/// <summary>
/// Whatever a kill, a full disk or a loss of power leaves, a data set is at the revision before or after a change.
/// </summary>
public sealed class DatasetCrashTests : IDisposable
{
    private readonly DatasetHarness harness = DatasetHarness.OnFolder();

    private string Journal => Path.Combine(harness.FolderOf("pets"), "journal.jsonl");

    public void Dispose() => harness.Dispose();

    [Fact]
    public async Task Open_JournalCutAnywhere_IsAtTheRevisionOfItsWholeLines()
    {
        await harness.AddAsync("pets", ("cat", Pictures.Png(1)), ("dog", Pictures.Png(2)));
        await harness.AddAsync("pets", ("cat", Pictures.Png(3)));
        var whole = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        var first = whole.AsSpan().IndexOf((byte)'\n') + 1;

        foreach (var length in Enumerable.Range(first, whole.Length - first).Where(i => i % 7 == 0))
        {
            await File.WriteAllBytesAsync(Journal, whole[..length], TestContext.Current.CancellationToken);
            await harness.RestartAsync();
            Assert.Equal((1, 2), (harness.Find("pets").Revision, harness.Find("pets").Images.Count));
            Assert.Single(Directory.GetDirectories(Path.Combine(harness.FolderOf("pets"), "packs")));

            // The next change goes over the torn line.
            await harness.AddAsync("pets", ("cat", Pictures.Png(3)));
            await harness.RestartAsync();
            Assert.Equal((2, 3), (harness.Find("pets").Revision, harness.Find("pets").Images.Count));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Add_FlushThatFails_ChangesNothing(int number)
    {
        await harness.AddAsync("pets", ("cat", Pictures.Png(1)));
        FailFlush(number);

        foreach (var name in (string[])["pets", "other"])
        {
            var failed = await Record.ExceptionAsync(() => harness.AddAsync(name, ("dog", Pictures.Png(2))));
            if (failed is null)
                continue; // there are fewer flushes than the number
            Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<ServingException>(failed).Code);
            break;
        }

        var images = harness.Catalog.List().Sum(listing => listing.Current!.Images.Count);
        Assert.Equal(images, harness.Catalog.Images);
        Assert.Empty(harness.Staged());
        await harness.RestartAsync();
        Assert.Equal(images, harness.Catalog.List().Sum(listing => listing.Current!.Images.Count));
        await harness.AddAsync("pets", ("cat", Pictures.Png(3)));
        await harness.AddAsync("other", ("cat", Pictures.Png(3)));
    }

    [Fact]
    public async Task Change_JournalThatCantBeWritten_ChangesNothing()
    {
        var id = (await harness.AddAsync("pets", ("cat", Pictures.Png(1)))).Dataset!.Images[0].Id;
        var before = await File.ReadAllBytesAsync(Journal, TestContext.Current.CancellationToken);
        File.Delete(Journal);
        Directory.CreateDirectory(Journal);

        var changed = await harness.Catalog.ChangeAsync("pets", id, new ImageUpdate("dog"));
        var added = await Record.ExceptionAsync(() => harness.AddAsync("pets", ("dog", Pictures.Png(2))));

        Assert.Equal(ErrorCode.StorageUnavailable, changed.Failure!.Code);
        Assert.Equal(ErrorCode.StorageUnavailable, Assert.IsType<ServingException>(added).Code);
        Assert.Equal(1, harness.Find("pets").Revision);
        Directory.Delete(Journal);
        await File.WriteAllBytesAsync(Journal, before, TestContext.Current.CancellationToken);
        Assert.Equal(2, (await harness.AddAsync("pets", ("dog", Pictures.Png(2)))).Dataset!.Revision);
    }

    [Fact]
    public async Task Open_PurgeThatAKillInterrupted_IsFinished()
    {
        var bytes = Pictures.Png(1);
        var image = (await harness.AddAsync("pets", ("cat", bytes), ("dog", Pictures.Png(2)))).Dataset!.Images[0];
        (await harness.Catalog.RemoveAsync("pets", [image.Id], purge: true)).OrThrow();
        await using (var file = File.OpenWrite(image.PackPath))
        {
            file.Position = image.Offset;
            file.Write(bytes);
        }

        await harness.RestartAsync();

        var disk = await File.ReadAllBytesAsync(image.PackPath, TestContext.Current.CancellationToken);
        Assert.True(disk.AsSpan().IndexOf(bytes) < 0);
    }

    [Theory]
    [InlineData("dataset.json")]
    [InlineData("journal.jsonl")]
    [InlineData("packs/000001/index.jsonl")]
    public async Task Open_DamagedFile_TheSetIsListedAndTheOthersWork(string file)
    {
        await harness.AddAsync("pets", ("cat", Pictures.Png(1)), ("dog", Pictures.Png(2)));
        await harness.AddAsync("pets", ("dog", Pictures.Png(3)));
        await harness.AddAsync("other", ("cat", Pictures.Png(1)));
        var path = Path.Combine(harness.FolderOf("pets"), file);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[3] ^= 0x20;
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);

        await harness.RestartAsync();

        Assert.Equal(["other", "pets"], harness.Catalog.List().Select(listing => listing.Name));
        Assert.NotNull(harness.Catalog.List()[1].Damage);
        Assert.Equal(ErrorCode.DatasetUnavailable, harness.Catalog.Find("pets").Failure!.Code);
        Assert.Single(harness.Find("other").Images);
        Assert.Equal(ErrorCode.DatasetExists, (await harness.Catalog.CreateAsync("pets", null)).Failure!.Code);
        (await harness.Catalog.DeleteAsync("pets")).OrThrow();
    }

    [Fact]
    public async Task Add_ClientThatLeaves_ChangesNothing()
    {
        await harness.AddAsync("pets", ("cat", Pictures.Png(1)));
        await using var file = DatasetHarness.Stage(DatasetHarness.Zip(("dog/2.png", Pictures.Png(2))));
        using var left = new CancellationTokenSource();
        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            harness.Catalog.AddAsync("pets", DatasetHarness.Upload(file), left.Token)
        );

        Assert.Equal(1, harness.Find("pets").Revision);
        Assert.Empty(harness.Staged());
    }

    private void FailFlush(int number)
    {
        var flush = harness.Folder.FlushFolder;
        harness.Folder.FlushFolder = path =>
        {
            if (--number == 0)
                throw new IOException("The folder can't be flushed.");
            flush(path);
        };
    }
}
