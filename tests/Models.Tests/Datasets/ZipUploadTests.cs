using System.IO.Compression;
using System.Text;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Tests.Datasets.Support;

namespace ModelService.Models.Tests.Datasets;

/// <summary>Zip archives: layouts of folders as people have them, and hostile ones.</summary>
public sealed class ZipUploadTests : IDisposable
{
    private readonly DatasetHarness harness = DatasetHarness.OnFolder(
        new DatasetOptions { MaxImageBytes = 1 << 20, MaxBytes = 4 << 20 }
    );

    public void Dispose() => harness.Dispose();

    [Theory]
    [InlineData("cat/1.png dog/2.png", "cat dog")]
    [InlineData("pets/cat/1.png pets/dog/2.png", "cat dog")]
    [InlineData("train/cat/1.png val/dog/2.png test/dog/a/3.png", "train:cat val:dog test:dog")]
    [InlineData("pets/Train/cat/1.png pets/valid/dog/2.png pets/validation/dog/3.png", "train:cat val:dog val:dog")]
    [InlineData("train/cat/1.png train/dog/2.png", "train:cat train:dog")]
    [InlineData("test/1.png train/2.png", "test train")] // classes of these names
    [InlineData("./cat/1.png ./dog//2.png", "cat dog")]
    [InlineData(@"cat\1.png dog\2.png", "cat dog")]
    [InlineData("cat/1.png __MACOSX/cat/._1.png cat/.DS_Store dog/Thumbs.db dog/2.png", "cat dog")]
    [InlineData("ä/1.png 🐈/2.png <script>/3.png", "ä 🐈 <script>")]
    [InlineData("one_class/1.png one_class/2.png", "one_class one_class")]
    public async Task Add_FoldersAsPeopleHaveThem_AreLabelsAndSplits(string names, string expected)
    {
        var entries = names.Split(' ').Select((name, i) => (name, Pictures.Png(i)));

        var result = await harness.AddZipAsync("pets", DatasetHarness.Zip([.. entries]));

        Assert.Empty(result.Report.Failures);
        Assert.Equal(
            expected.Split(' '),
            result.Dataset!.Images.Select(image =>
                image.Split is { } split ? $"{WireNames.Get(split)}:{image.Label}" : image.Label
            )
        );
    }

    [Fact]
    public async Task Add_FilesThatAreNoImagesOrInNoFolder_FailAlone()
    {
        var zip = DatasetHarness.Zip(
            ("cat/1.png", Pictures.Png(1)),
            ("readme.txt", "text"u8.ToArray()),
            ("2.png", Pictures.Png(2)),
            ("cat/notes.txt", "text"u8.ToArray()),
            ("cat/inner.zip", DatasetHarness.Zip(("dog/3.png", Pictures.Png(3)))),
            ("cat/empty.png", [])
        );

        var result = await harness.AddZipAsync("pets", zip);

        Assert.Equal(1, result.Report.Added);
        Assert.Equal(
            [
                ("readme.txt", ErrorCode.LabelInvalid),
                ("2.png", ErrorCode.LabelInvalid),
                ("cat/notes.txt", ErrorCode.ImageUndecodable),
                ("cat/inner.zip", ErrorCode.ImageUndecodable),
                ("cat/empty.png", ErrorCode.ImageUndecodable),
            ],
            result
                .Report.Failures.OrderBy(item => Array.IndexOf(Order, item.FileName))
                .Select(item => (item.FileName!, item.Failure.Code))
        );
        var labelled = await harness.AddZipAsync("pets", zip, new UploadTerms("dog"));
        Assert.Equal("dog", labelled.Dataset!.Images[^1].Label);
    }

    private static readonly string[] Order = ["readme.txt", "2.png", "cat/notes.txt", "cat/inner.zip", "cat/empty.png"];

    [Theory]
    [InlineData("../../etc/passwd.png")]
    [InlineData("/etc/cat/1.png")]
    [InlineData(@"C:\cat\1.png")]
    [InlineData("cat/../../1.png")]
    public async Task Add_NamesThatLeadOut_FailAlone(string name)
    {
        var result = await harness.AddZipAsync(
            "pets",
            DatasetHarness.Zip(("cat/1.png", Pictures.Png(1)), ("dog/2.png", Pictures.Png(2)), (name, Pictures.Png(3)))
        );

        Assert.Equal(ErrorCode.ArchiveUnreadable, Assert.Single(result.Report.Failures).Failure.Code);
        Assert.Equal(2, result.Dataset!.Images.Count);
    }

    [Fact]
    public async Task Add_EntriesOfOneName_AreBothTaken()
    {
        var zip = DatasetHarness.Zip(("cat/1.png", Pictures.Png(1)), ("cat/1.png", Pictures.Png(2)));

        Assert.Equal(2, (await harness.AddZipAsync("pets", zip)).Report.Added);
    }

    [Fact]
    public async Task Add_LinksAndEncryptedEntries_FailAlone()
    {
        var zip = DatasetHarness.Zip(("cat/1.png", Pictures.Png(1)), ("dog/2.png", Pictures.Png(2)));
        var directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        zip[directory + 41] = 0xA1; // the Unix mode of a link
        var second = directory + 4 + zip.AsSpan(directory + 4).IndexOf("PK\u0001\u0002"u8);
        zip[second + 8] |= 1; // encrypted

        var result = await harness.AddZipAsync("pets", zip);

        Assert.Null(result.Dataset);
        Assert.All(result.Report.Failures, item => Assert.Equal(ErrorCode.ArchiveUnreadable, item.Failure.Code));
        Assert.Contains("link", result.Report.Failures[0].Failure.Detail, StringComparison.Ordinal);
        Assert.Contains("encrypted", result.Report.Failures[1].Failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Add_BombOfOneEntry_FailsAloneWithoutBeingUnpacked()
    {
        var zip = DatasetHarness.Zip(("cat/1.png", Pictures.Png(1)), ("cat/bomb.png", new byte[2 << 20]));

        var result = await harness.AddZipAsync("pets", zip);

        Assert.Equal(ErrorCode.ImageTooLarge, Assert.Single(result.Report.Failures).Failure.Code);
    }

    [Fact]
    public async Task Add_BombOfManyEntries_IsRefusedBeforeItIsUnpacked()
    {
        var zip = DatasetHarness.Zip([.. Enumerable.Range(0, 5).Select(i => ($"cat/{i}.png", new byte[1 << 20]))]);

        var failure = await Assert.ThrowsAsync<ServingException>(() => harness.AddZipAsync("pets", zip));

        Assert.Equal(ErrorCode.DatasetTooLarge, failure.Code);
        Assert.Empty(harness.Staged());
    }

    [Fact]
    public async Task Add_EntryThatDeclaresLessThanItHas_IsDamaged()
    {
        var zip = DatasetHarness.Zip(("cat/1.png", new byte[1 << 20]));
        var directory = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        BitConverter.TryWriteBytes(zip.AsSpan(directory + 24), 100);

        var result = await harness.AddZipAsync("pets", zip);

        Assert.Equal(ErrorCode.ArchiveUnreadable, Assert.Single(result.Report.Failures).Failure.Code);
    }

    [Fact]
    public async Task Add_ManyEntries_EachIsCountedAndSomeAreListed()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            for (var i = 0; i < 100_000; i++)
                archive.CreateEntry($"cat/{i}.png", CompressionLevel.NoCompression);
        }

        var result = await harness.AddZipAsync("pets", zip.ToArray());

        Assert.Equal(100_000, result.Report.Failed);
        Assert.Equal(UploadReport.MaxFailures, result.Report.Failures.Count);

        using var small = DatasetHarness.OnFolder(new DatasetOptions { MaxImages = 99_999 });
        var failure = await Assert.ThrowsAsync<ServingException>(() => small.AddZipAsync("pets", zip.ToArray()));
        Assert.Equal(ErrorCode.DatasetTooLarge, failure.Code);
    }

    [Fact]
    public async Task Add_NotAZip_IsRefused()
    {
        foreach (
            var bytes in (byte[][])[Pictures.Png(1), Encoding.UTF8.GetBytes("text"), [], "PK\u0003\u0004"u8.ToArray()]
        )
        {
            var failure = await Assert.ThrowsAsync<ServingException>(() => harness.AddZipAsync("pets", bytes));
            Assert.Equal(ErrorCode.ArchiveUnreadable, failure.Code);
        }
    }

    [Fact]
    public async Task Add_DamagedZips_NeverCauseOtherErrors()
    {
        var zip = DatasetHarness.Zip(("cat/1.png", Pictures.Png(1)), ("dog/2.png", Pictures.Png(2)));
        var random = TestSeed.Generator();
        for (var i = 0; i < 300; i++)
        {
            var damaged = zip.ToArray();
            for (var j = random.Next(1, 5); j > 0; j--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                await harness.AddZipAsync($"s{i}", random.Next(4) == 0 ? damaged[..random.Next(zip.Length)] : damaged);
                await harness.Catalog.DeleteAsync($"s{i}");
            }
            catch (ServingException exception)
            {
                Assert.True(
                    exception.Code is ErrorCode.ArchiveUnreadable or ErrorCode.DatasetTooLarge,
                    exception.Message
                );
            }
        }

        Assert.Empty(harness.Staged());
    }

    [Fact]
    public async Task Add_EmptyFolderOfAClass_IsAnEmptyClass()
    {
        var result = await harness.AddZipAsync(
            "pets",
            DatasetHarness.Zip(
                ("pets/", []),
                ("pets/bird/", []),
                ("pets/cat/1.png", Pictures.Png(1)),
                ("pets/dog/2.png", Pictures.Png(2))
            )
        );

        Assert.Equal(["bird", "cat", "dog"], result.Dataset!.Classes);
        Assert.Contains(result.Dataset.Problems, problem => problem.Code == DatasetProblemCode.EmptyClass);
    }
}
