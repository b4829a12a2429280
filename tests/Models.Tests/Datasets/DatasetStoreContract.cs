using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Tests.Datasets.Support;

namespace ModelService.Models.Tests.Datasets;

/// <summary>What every store of data sets keeps: revisions, and what is in them after a restart.</summary>
public abstract class DatasetStoreContract : IAsyncLifetime
{
    private DatasetHarness harness = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private DatasetCatalog Catalog => harness.Catalog;

    public async ValueTask InitializeAsync()
    {
        harness = Create(
            new DatasetOptions
            {
                MaxDatasets = 2,
                MaxImages = 10,
                MaxClasses = 3,
            }
        );
        await harness.OpenAsync();
    }

    public ValueTask DisposeAsync()
    {
        harness?.Dispose();
        GC.SuppressFinalize(this);
        return default;
    }

    private protected abstract DatasetHarness Create(DatasetOptions limits);

    [Fact]
    public async Task Create_TwiceOrTooManyOrBadNames_IsRefused()
    {
        Assert.Equal(0, (await Catalog.CreateAsync("pets", ["cat", "dog"])).OrThrow().Revision);
        await Catalog.CreateAsync("b", null);

        Assert.Equal(ErrorCode.DatasetExists, await FailsAsync(Catalog.CreateAsync("pets", null)));
        Assert.Equal(ErrorCode.DatasetTooLarge, await FailsAsync(Catalog.CreateAsync("c", null)));
        Assert.Equal(ErrorCode.MalformedRequest, await FailsAsync(Catalog.CreateAsync("../c", null)));
        Assert.Equal(ErrorCode.MalformedRequest, await FailsAsync(Catalog.CreateAsync("c", ["cat"])));
        Assert.Equal(ErrorCode.MalformedRequest, await FailsAsync(Catalog.CreateAsync("c", ["cat", " cat"])));
        Assert.Equal(ErrorCode.LabelInvalid, await FailsAsync(Catalog.CreateAsync("c", ["cat", "\n"])));
    }

    [Fact]
    public async Task Add_Images_MakesARevisionThatOutlastsARestart()
    {
        var (cat, dog) = (Pictures.Png(1), Pictures.Png(2, 30, 20));
        var result = await harness.AddAsync(
            "pets",
            new UploadTerms(Split: Split.Val, Group: "g"),
            ("dog", dog),
            ("cat", cat)
        );

        Assert.True(result.IsCreated);
        Assert.Equal((2, 0, 0), (result.Report.Added, result.Report.Duplicates, result.Report.Failed));
        foreach (var isRestarted in (bool[])[false, true])
        {
            if (isRestarted)
                await harness.RestartAsync();
            var found = harness.Find("pets");
            Assert.Equal((1, 2), (found.Revision, found.Images.Count));
            Assert.Equal(["cat", "dog"], found.Classes);
            var image = found.Images[0];
            Assert.Equal(("dog", Split.Val, "g", "dog.png"), (image.Label, image.Split, image.Group, image.FileName));
            Assert.Equal((30, 20), (image.Width, image.Height));
            Assert.Equal(dog, await image.ReadAsync(Token));
            Assert.Equal(cat, await found.Images[1].ReadAsync(Token));
            Assert.Equal(2, Catalog.Images);
            Assert.Equal(cat.Length + dog.Length, Catalog.Bytes);
        }
    }

    [Fact]
    public async Task Add_EqualBytes_AreTakenOnceAndContradictionsFail()
    {
        var cat = Pictures.Png(1);
        await harness.AddAsync("pets", ("cat", cat));

        var result = await harness.AddAsync(
            "pets",
            ("cat", cat),
            ("dog", cat),
            ("dog", Pictures.Png(2)),
            ("dog", Pictures.Png(2))
        );

        Assert.Equal((1, 2, 1), (result.Report.Added, result.Report.Duplicates, result.Report.Failed));
        Assert.Equal(ErrorCode.ImageExists, Assert.Single(result.Report.Failures).Failure.Code);
        Assert.Equal(2, result.Dataset!.Revision);
        var again = await harness.AddAsync("pets", ("cat", cat));
        Assert.Equal((2, 0), (again.Dataset!.Revision, again.Report.Added));
        var other = await harness.AddAsync("pets", new UploadTerms(Split: Split.Test), ("cat", cat));
        Assert.Equal(ErrorCode.ImageExists, Assert.Single(other.Report.Failures).Failure.Code);
    }

    [Fact]
    public async Task Add_LabelsOutsideOfFixedClasses_Fail()
    {
        await Catalog.CreateAsync("pets", ["dog", "cat", "bird"]);
        var result = await harness.AddAsync("pets", ("bird", Pictures.Png(1)), ("birds", Pictures.Png(2)));

        var failure = Assert.Single(result.Report.Failures).Failure;
        Assert.Equal(ErrorCode.LabelInvalid, failure.Code);
        Assert.Contains("'bird'", failure.Detail, StringComparison.Ordinal);
        Assert.Equal(["dog", "cat", "bird"], result.Dataset!.Classes);
    }

    [Fact]
    public async Task Add_OnlyBadImages_CreatesNothing()
    {
        var result = await harness.AddAsync("pets", ("cat", [1, 2, 3]), ("dog", [.. Pictures.Png(1)[..^20]]));

        Assert.Null(result.Dataset);
        Assert.All(result.Report.Failures, failure => Assert.Equal(ErrorCode.ImageUndecodable, failure.Failure.Code));
        Assert.Empty(Catalog.List());
        Assert.Empty(harness.Staged());
        Assert.Equal((0, 0), (Catalog.Images, Catalog.Bytes));
    }

    [Theory]
    [InlineData(12, 1)] // images
    [InlineData(4, 4)] // classes
    public async Task Add_BeyondALimit_ChangesNothing(int images, int classes)
    {
        await harness.AddAsync("pets", ("0", Pictures.Png(100)));

        var failure = await Assert.ThrowsAsync<ServingException>(() =>
            harness.AddAsync("pets", [.. Enumerable.Range(0, images).Select(i => ($"{i % classes}", Pictures.Png(i)))])
        );

        Assert.Equal(ErrorCode.DatasetTooLarge, failure.Code);
        Assert.Equal(1, harness.Find("pets").Revision);
        Assert.Equal(1, Catalog.Images);
        Assert.Empty(harness.Staged());
    }

    [Fact]
    public async Task Change_OfAnImage_IsInTheNextRevisionOnly()
    {
        var first = (await harness.AddAsync("pets", ("cat", Pictures.Png(1)), ("dog", Pictures.Png(2)))).Dataset!;
        var id = first.Images[0].Id;

        var update = new ImageUpdate("dog") { ChangesSplit = true, Split = Split.Test };
        var second = (await Catalog.ChangeAsync("pets", id, update)).OrThrow();
        var same = (await Catalog.ChangeAsync("pets", id, update)).OrThrow();

        Assert.Equal((2, 2), (second.Revision, same.Revision));
        await harness.RestartAsync();
        Assert.Equal(("dog", Split.Test), (harness.Find("pets").Images[0].Label, harness.Find("pets").Images[0].Split));
        Assert.Equal(("cat", null), (harness.Find("pets", 1).Images[0].Label, harness.Find("pets", 1).Images[0].Split));
        Assert.Equal(["dog"], harness.Find("pets").Classes);
        Assert.Equal(["cat", "dog"], harness.Find("pets", 1).Classes);
        Assert.Empty(harness.Find("pets", 0).Images);
        Assert.Equal(ErrorCode.DatasetNotFound, Catalog.Find("pets", 3).Failure!.Code);
        Assert.Equal(ErrorCode.ImageNotFound, await FailsAsync(Catalog.ChangeAsync("pets", "0", update)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Remove_AnImage_KeepsItInEarlierRevisionsUnlessPurged(bool purge)
    {
        var bytes = Pictures.Png(1);
        var first = (await harness.AddAsync("pets", ("cat", bytes), ("dog", Pictures.Png(2)))).Dataset!;
        var id = first.Images[0].Id;

        (await Catalog.RemoveAsync("pets", [id], purge)).OrThrow();

        foreach (var isRestarted in (bool[])[false, true])
        {
            if (isRestarted)
                await harness.RestartAsync();
            Assert.Null(harness.Find("pets").Find(id));
            var earlier = harness.Find("pets", 1).Find(id)!;
            Assert.Equal(purge, earlier.IsPurged);
            if (purge)
                Assert.Equal(ErrorCode.ImageNotFound, await ReadFailsAsync(earlier));
            else
                Assert.Equal(bytes, await earlier.ReadAsync(Token));
            Assert.Equal(Pictures.Png(2), await harness.Find("pets").Images[0].ReadAsync(Token));
        }

        Assert.Equal(!purge, harness.HasOnDisk(bytes));

        // Uploaded again, it is there again; the purge was of the earlier bytes.
        await harness.AddAsync("pets", ("cat", bytes));
        await harness.RestartAsync();
        Assert.Equal(bytes, await harness.Find("pets").Find(id)!.ReadAsync(Token));
    }

    [Fact]
    public async Task Remove_PurgeOfAnImageThatWasRemovedBefore_OverwritesIt()
    {
        var id = (await harness.AddAsync("pets", ("cat", Pictures.Png(1)))).Dataset!.Images[0].Id;
        (await Catalog.RemoveAsync("pets", [id], purge: false)).OrThrow();

        (await Catalog.RemoveAsync("pets", [id], purge: true)).OrThrow();

        Assert.True(harness.Find("pets", 1).Images[0].IsPurged);
        Assert.Equal(ErrorCode.ImageNotFound, await FailsAsync(Catalog.RemoveAsync("pets", ["00"], purge: true)));
    }

    [Fact]
    public async Task Delete_ADataset_MakesRoom()
    {
        var dataset = (await harness.AddAsync("pets", ("cat", Pictures.Png(1)))).Dataset!;

        Assert.Equal(dataset.Bytes, (await Catalog.DeleteAsync("pets")).OrThrow().BytesFreed);

        Assert.Equal(ErrorCode.DatasetNotFound, Catalog.Find("pets").Failure!.Code);
        Assert.Equal((0, 0), (Catalog.Images, Catalog.Bytes));
        Assert.False(Directory.Exists(harness.FolderOf("pets")));
        Assert.Equal(ErrorCode.ImageNotFound, await ReadFailsAsync(dataset.Images[0]));
    }

    [Fact]
    public async Task Add_ConcurrentUploads_AllAreTaken()
    {
        var uploads = Enumerable
            .Range(0, 8)
            .Select(i => harness.AddAsync("pets", ("cat", Pictures.Png(i)), ("dog", Pictures.Png(9))));

        var results = await Task.WhenAll(uploads);

        Assert.Single(results, result => result.IsCreated);
        Assert.Equal(7 + 1, results.Sum(result => result.Report.Failed + result.Report.Duplicates) + 1);
        Assert.Equal(9, harness.Find("pets").Images.Count);
        Assert.Equal(8, harness.Find("pets").Revision);
        Assert.Equal(9, Catalog.Images);
        await harness.RestartAsync();
        Assert.Equal(9, harness.Find("pets").Images.Count);
        Assert.Equal(9, Catalog.Images);
    }

    [Fact]
    public async Task Add_ReadOnlyServer_IsRefused()
    {
        await harness.AddAsync("pets", ("cat", Pictures.Png(1)));
        await harness.RestartAsync(readOnly: true);

        Assert.Single(harness.Find("pets").Images);
        var failure = await Assert.ThrowsAsync<ServingException>(() =>
            harness.AddAsync("pets", ("cat", Pictures.Png(2)))
        );
        Assert.Equal(ErrorCode.ReadOnly, failure.Code);
        Assert.Equal(ErrorCode.ReadOnly, await FailsAsync(Catalog.DeleteAsync("pets")));
    }

    private static async Task<ErrorCode> FailsAsync<T>(Task<Outcome<T>> change)
        where T : class => (await change).Failure!.Code;

    private static async Task<ErrorCode> ReadFailsAsync(DatasetImage image) =>
        (await Assert.ThrowsAsync<ServingException>(async () => await image.ReadAsync(Token))).Code;
}

/// <summary>The data folder of one server.</summary>
public sealed class FolderDatasetStoreTests : DatasetStoreContract
{
    private protected override DatasetHarness Create(DatasetOptions limits) => new(limits);
}

/// <summary>A database and a folder of blobs. A restart is another server with an empty folder.</summary>
public sealed class SharedDatasetStoreTests(PostgresServer postgres) : DatasetStoreContract
{
    private protected override DatasetHarness Create(DatasetOptions limits) => new(limits, new SharedStores(postgres));
}
