using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Shared;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Storage;
using ModelService.Models.Storage.Blobs;
using ModelService.Models.Storage.Postgres;
using ModelService.Models.Tests.Datasets.Support;

namespace ModelService.Models.Tests.Datasets;

/// <summary>Two servers with the same data sets.</summary>
public sealed class SharedDatasetTests(PostgresServer postgres) : IAsyncLifetime
{
    private SharedStores stores = null!;
    private DatasetHarness one = null!;
    private DatasetHarness other = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        stores = new SharedStores(postgres);
        one = new DatasetHarness(new DatasetOptions { MaxImages = 50 }, stores);
        other = new DatasetHarness(new DatasetOptions { MaxImages = 50 }, stores) { CacheBytes = 1 };
        await one.OpenAsync();
        await other.OpenAsync();
    }

    public ValueTask DisposeAsync()
    {
        one?.Dispose();
        other?.Dispose();
        return default;
    }

    [Fact]
    public async Task Changes_OfAnotherServer_AreTheSameThere()
    {
        var terms = new UploadTerms(Group: "g");
        await one.AddAsync(
            "pets",
            terms,
            ("cat", Pictures.Png(1)),
            ("dog", Pictures.Png(2)),
            ("dog", Pictures.Plain(7))
        );
        await one.AddAsync("pets", ("cat", Pictures.Jpeg(2, 200, 200)), ("bird", Pictures.Jpeg(2, 100, 100)));
        await CatchUpAsync();
        var id = one.Find("pets").Images[0].Id;
        (await other.Catalog.ChangeAsync("pets", id, new ImageUpdate("bird"))).OrThrow();
        (await other.Catalog.RemoveAsync("pets", [one.Find("pets").Images[1].Id], purge: false)).OrThrow();
        await other.Catalog.CreateAsync("empty", ["b", "a"]);
        await CatchUpAsync();

        foreach (var revision in (int?[])[null, 0, 1, 2, 3, 4])
        {
            var (here, there) = (one.Find("pets", revision), other.Find("pets", revision));
            Assert.Equal(here.Images.Select(Describe), there.Images.Select(Describe));
            Assert.Equal((here.Revision, here.Changed, here.Created), (there.Revision, there.Changed, there.Created));
            Assert.Equal(here.Classes, there.Classes);
            Assert.Equal(
                here.Problems.Select(problem => (problem.Code, problem.Message)),
                there.Problems.Select(problem => (problem.Code, problem.Message))
            );
            Assert.Equal(DatasetSplits.Assign(here.Images, 7, 0.5), DatasetSplits.Assign(there.Images, 7, 0.5));
            foreach (var (mine, theirs) in here.Images.Zip(there.Images))
                Assert.Equal((await mine.ReadAsync(Token)).ToArray(), (await theirs.ReadAsync(Token)).ToArray());
        }

        Assert.Contains(one.Find("pets", 2).Problems, problem => problem.Code == DatasetProblemCode.LabelConflict);
        Assert.Equal(["b", "a"], one.Find("empty").Classes);
        Assert.Equal((one.Catalog.Images, one.Catalog.Bytes), (other.Catalog.Images, other.Catalog.Bytes));
        Assert.Equal(5, one.Catalog.Images);
    }

    [Fact]
    public async Task Add_ManyUploadsThroughBothServers_AllAreTaken()
    {
        var servers = new[] { one, other };

        var results = await Task.WhenAll(
            Enumerable
                .Range(0, 12)
                .Select(i => servers[i % 2].AddAsync("pets", ("cat", Pictures.Png(i)), ("dog", Pictures.Png(99))))
        );

        await CatchUpAsync();
        Assert.Single(results, result => result.IsCreated);
        Assert.Equal(13, results.Sum(result => result.Report.Added));
        Assert.Equal(11, results.Sum(result => result.Report.Duplicates));
        Assert.Equal(results.Length, results.Select(result => result.Dataset!.Revision).Distinct().Count());
        foreach (var server in servers)
        {
            Assert.Equal((12, 13), (server.Find("pets").Revision, server.Find("pets").Images.Count));
            Assert.Equal(13, server.Catalog.Images);
            Assert.Empty(server.Staged());
        }
    }

    [Fact]
    public async Task Add_BeyondTheLimitOfAll_IsDecidedByTheDatabase()
    {
        using var deaf = new DatasetHarness(new DatasetOptions { MaxImages = 50 }, stores) { IsDeaf = true };
        await deaf.OpenAsync();
        await one.AddAsync("pets", [.. Enumerable.Range(0, 30).Select(i => ("cat", Pictures.Png(i)))]);

        // The other server has not heard of these images.
        var refused = await Assert.ThrowsAsync<ServingException>(() =>
            deaf.AddAsync("more", [.. Enumerable.Range(30, 30).Select(i => ("cat", Pictures.Png(i)))])
        );

        Assert.Equal(ErrorCode.DatasetTooLarge, refused.Code);
        await CatchUpAsync();
        Assert.Equal(ErrorCode.DatasetNotFound, other.Catalog.Find("more").Failure!.Code);
        Assert.Equal(30, other.Catalog.Images);
    }

    [Fact]
    public async Task Read_CopyThatTheDiskDamaged_IsDownloadedAgain()
    {
        var bytes = Pictures.Png(1);
        await one.AddAsync("pets", ("cat", bytes));
        var image = one.Find("pets").Images[0];
        await using (var file = File.OpenWrite(image.PackPath))
            file.Write([1, 2, 3]);

        Assert.Equal(bytes, (await image.ReadAsync(Token)).ToArray());
    }

    [Fact]
    public async Task Blobs_Away_RefusesUploadsAndTellsThatImagesCantBeRead()
    {
        await one.AddAsync("pets", ("cat", Pictures.Png(1)));
        await CatchUpAsync();
        Directory.Move(stores.Blobs, $"{stores.Blobs}-away");
        await File.WriteAllTextAsync(stores.Blobs, "", Token); // no folder can be made there

        var refused = await Assert.ThrowsAsync<ServingException>(() => one.AddAsync("pets", ("dog", Pictures.Png(2))));
        var unread = await Assert.ThrowsAsync<ServingException>(async () =>
            await other.Find("pets").Images[0].ReadAsync(Token)
        );
        var read = await one.Find("pets").Images[0].ReadAsync(Token); // it is in this server's cache
        (await other.Catalog.ChangeAsync("pets", one.Find("pets").Images[0].Id, new ImageUpdate("dog"))).OrThrow();

        Assert.Equal(ErrorCode.StorageUnavailable, refused.Code);
        Assert.Equal(ErrorCode.DatasetUnavailable, unread.Code);
        Assert.NotNull(unread.Failure.RetryAfter);
        Assert.Equal(Pictures.Png(1), read.ToArray());
        Assert.Equal(2, other.Find("pets").Revision);
        File.Delete(stores.Blobs);
        Directory.Move($"{stores.Blobs}-away", stores.Blobs);
        await other.Find("pets").Images[0].ReadAsync(Token);
        await one.AddAsync("pets", ("dog", Pictures.Png(2)));
    }

    [Fact]
    public async Task Purge_ThroughOneServer_LeavesNoBytesAnywhere()
    {
        var (bytes, kept) = (Pictures.Png(1), Pictures.Png(2));
        var first = (await one.AddAsync("pets", ("cat", bytes), ("dog", kept))).Dataset!;
        await CatchUpAsync();
        await other.Find("pets").Images[0].ReadAsync(Token);

        (await one.Catalog.RemoveAsync("pets", [first.Images[0].Id], purge: true)).OrThrow();
        await CatchUpAsync();

        foreach (var server in new[] { one, other })
        {
            Assert.False(server.HasOnDisk(bytes));
            Assert.Equal(kept, (await server.Find("pets").Images[0].ReadAsync(Token)).ToArray());
            Assert.True(server.Find("pets", 1).Images[0].IsPurged);
        }

        // Who took the revision before the purge reads the rest on.
        Assert.Equal(kept, (await first.Images[1].ReadAsync(Token)).ToArray());
    }

    [Fact]
    public async Task Purge_WhileAServerIsDown_LeavesNoBytesInItsCache()
    {
        var bytes = Pictures.Png(1);
        var id = (await one.AddAsync("pets", ("cat", bytes), ("dog", Pictures.Png(2)))).Dataset!.Images[0].Id;
        var cached = one.Cache.List();

        await CatchUpAsync();
        (await other.Catalog.RemoveAsync("pets", [id], purge: true)).OrThrow();
        Assert.True(one.HasOnDisk(bytes));
        await one.RestartAsync(keepsRoot: true);

        Assert.Single(cached);
        Assert.False(one.HasOnDisk(bytes));
    }

    [Fact]
    public async Task Delete_ThroughOneServer_FreesTheBlobsAfterAWhile()
    {
        await one.AddAsync("pets", ("cat", Pictures.Png(1)));
        var kept = (await one.AddAsync("dogs", ("pug", Pictures.Png(2)))).Dataset!;
        await CatchUpAsync();
        Assert.Equal(0, await SweepAsync());
        var image = other.Find("pets").Images[0];

        (await one.Catalog.DeleteAsync("pets")).OrThrow();
        await CatchUpAsync();

        Assert.Equal(ErrorCode.DatasetNotFound, other.Catalog.Find("pets").Failure!.Code);
        Assert.Equal(
            ErrorCode.ImageNotFound,
            (await Assert.ThrowsAsync<ServingException>(async () => await image.ReadAsync(Token))).Code
        );
        Assert.Equal(1, other.Catalog.Images);
        Assert.Equal(1, await SweepAsync());
        Assert.False(one.HasOnDisk(Pictures.Png(1)));
        await other.Find("dogs").Images[0].ReadAsync(Token);
        Assert.Equal(ErrorCode.DatasetNotFound, (await other.Catalog.DeleteAsync("pets")).Failure!.Code);

        // Another one of the same name is new.
        await other.AddAsync("pets", ("cat", Pictures.Png(3)));
        await CatchUpAsync();
        Assert.Equal(Pictures.Png(3), (await one.Find("pets", 1).Images[0].ReadAsync(Token)).ToArray());
        Assert.Equal(kept.Revision, one.Find("dogs").Revision);
    }

    [Fact]
    public async Task Read_MoreThanTheCacheMayHave_KeepsItSmall()
    {
        for (var i = 0; i < 4; i++)
            await one.AddAsync("pets", ("cat", Pictures.Png(i)));
        await CatchUpAsync();

        foreach (var (i, image) in other.Find("pets").Images.Index())
            Assert.Equal(Pictures.Png(i), (await image.ReadAsync(Token)).ToArray());

        Assert.Empty(other.Cache.List());
        Assert.Equal(4, one.Cache.List().Length);
    }

    [Fact]
    public async Task Follow_DatabaseOfAnEarlierBackup_IsTakenAsItIs()
    {
        await one.AddAsync("pets", ("cat", Pictures.Png(1)));
        await CatchUpAsync();
        await one.AddAsync("pets", ("cat", Pictures.Png(2)));
        await one.AddAsync("dogs", ("pug", Pictures.Png(3)));
        await CatchUpAsync();
        var database = new Database(
            new StorageOptions { Connection = stores.Connection },
            NullLogger<Database>.Instance
        );
        await database.ChangeAsync(async connection =>
        {
            await connection.RunAsync("delete from datasets where name = 'dogs'");
            await connection.RunAsync("delete from dataset_lines where revision = 2");
            await connection.RunAsync("update datasets set revision = 1, images = 1");
            return await connection.RunAsync("update revision set value = 1");
        });

        await CatchUpAsync();

        foreach (var server in new[] { one, other })
        {
            Assert.Equal("pets", Assert.Single(server.Catalog.List()).Name);
            Assert.Single(server.Find("pets").Images);
            Assert.Equal(1, server.Catalog.Images);
        }

        Assert.Equal(2, (await other.AddAsync("pets", ("dog", Pictures.Png(4)))).Dataset!.Revision);
        await CatchUpAsync();
        Assert.Equal(["cat", "dog"], one.Find("pets").Classes);
        await database.DisposeAsync();
    }

    [Fact]
    public async Task Copy_FolderToDatabaseAndBack_IsTheSame()
    {
        using var from = DatasetHarness.OnFolder();
        using var to = DatasetHarness.OnFolder();
        var first = (await from.AddAsync("pets", ("cat", Pictures.Png(1)), ("dog", Pictures.Png(2)))).Dataset!;
        await from.AddAsync("pets", ("dog", Pictures.Png(3)));
        (await from.Catalog.RemoveAsync("pets", [first.Images[0].Id], purge: true)).OrThrow();
        await from.Catalog.CreateAsync("empty", ["b", "a"]);
        List<string> lines = [];

        Assert.Equal(0, await CopyAsync(one, from, isExport: false, lines));
        Assert.Equal(0, await CopyAsync(one, from, isExport: false, lines));
        Assert.Equal(0, await CopyAsync(one, to, isExport: true, lines));
        Assert.Equal(0, await CopyAsync(one, to, isExport: true, lines));

        Assert.Equal(
            ["copied", "copied", "is there already", "is there already", "copied", "copied"],
            lines.Take(6).Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 2)..])
        );
        await to.RestartAsync();
        await CatchUpAsync();
        foreach (var server in new[] { one, other, to })
        {
            for (var revision = 0; revision <= 3; revision++)
            {
                var (expected, found) = (from.Find("pets", revision), server.Find("pets", revision));
                Assert.Equal(expected.Images.Select(Describe), found.Images.Select(Describe));
                Assert.Equal(expected.Changed, found.Changed);
                foreach (var (mine, theirs) in expected.Images.Zip(found.Images).Where(pair => !pair.First.IsPurged))
                    Assert.Equal((await mine.ReadAsync(Token)).ToArray(), (await theirs.ReadAsync(Token)).ToArray());
            }

            Assert.Equal(["b", "a"], server.Find("empty").Classes);
            Assert.Equal(3, server.Catalog.Images);
        }

        // Another one of the same name is left as it is.
        await from.AddAsync("pets", ("cat", Pictures.Png(9)));
        Assert.Equal(1, await CopyAsync(one, from, isExport: false, lines));
        Assert.Equal(3, one.Find("pets").Revision);
    }

    private async Task CatchUpAsync()
    {
        await one.Sync.CatchUpAsync(Token);
        await other.Sync.CatchUpAsync(Token);
    }

    private static Task<int> CopyAsync(
        DatasetHarness server,
        DatasetHarness folder,
        bool isExport,
        List<string> lines
    ) =>
        new DatasetCopy((SharedDatasetStore)server.Store, server.Table, server.Blobs).CopyAsync(
            folder.Folder,
            isExport,
            lines.Add,
            Token
        );

    private async Task<int> SweepAsync()
    {
        var storage = new StorageOptions { Connection = stores.Connection };
        await using var database = new Database(storage, NullLogger<Database>.Instance);
        return await new OrphanSweeper(
            database,
            new FileBlobStore(stores.Blobs),
            Options.Create(new BlobOptions { OrphanAge = TimeSpan.Zero }),
            Options.Create(storage),
            new FakeTimeProvider(),
            NullLogger<OrphanSweeper>.Instance
        ).SweepAsync(Token);
    }

    private static string Describe(DatasetImage image) =>
        $"{image.Id} {image.Label} {image.Split} {image.Group} {image.FileName} {image.Width} {image.Height} "
        + $"{image.Offset} {image.Length} {image.IsPurged}";
}
