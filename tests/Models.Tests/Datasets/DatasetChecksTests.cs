using System.Collections;
using ModelService.Models.Datasets;
using ModelService.Models.Datasets.Uploads;
using ModelService.Models.Errors;
using ModelService.Models.Tests.Datasets.Support;

namespace ModelService.Models.Tests.Datasets;

/// <summary>What is found to be wrong with data sets.</summary>
public sealed class DatasetChecksTests : IDisposable
{
    private readonly DatasetHarness harness = DatasetHarness.OnFolder();

    public void Dispose() => harness.Dispose();

    [Fact]
    public async Task Find_EmptySet_HasTooFewClasses()
    {
        await harness.Catalog.CreateAsync("pets", null);

        var problem = Assert.Single(harness.Find("pets").Problems);
        Assert.Equal((DatasetProblemCode.TooFewClasses, ProblemSeverity.Error), (problem.Code, problem.Severity));
    }

    [Fact]
    public async Task Find_GoodSet_HasNoProblems()
    {
        await harness.AddAsync("pets", [.. Enumerable.Range(0, 50).Select(i => ($"{i % 2}", Pictures.Png(i)))]);

        Assert.Empty(harness.Find("pets").Problems);
    }

    [Fact]
    public void Problems_AskedForAtOnce_AreFoundOnce()
    {
        var alone = new SlowList();
        _ = new Dataset("pets", 1, [], alone).Problems;
        var images = new SlowList();
        var dataset = new Dataset("pets", 1, [], images);

        Parallel.For(
            0,
            4,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            _ => Assert.Single(dataset.Problems) // too few classes
        );

        Assert.Equal(alone.Reads, images.Reads);
    }

    [Fact]
    public async Task Problems_FilesThatAreBack_AreFound()
    {
        await harness.AddAsync("pets", [("cat", Pictures.Png(1)), ("dog", Pictures.Png(2))]);
        var dataset = harness.Find("pets");
        var path = dataset.Images[0].Pack.Signatures;
        File.Move(path, path + ".away");
        Assert.Throws<ServingException>(() => dataset.Problems);
        File.Move(path + ".away", path);

        Assert.NotEmpty(dataset.Problems);
    }

    [Fact]
    public async Task Find_FewAndUnequalClasses_AreNamed()
    {
        await harness.Catalog.CreateAsync("pets", ["cat", "dog", "bird", "fish"]);
        await harness.AddAsync(
            "pets",
            [
                .. Enumerable.Range(0, 21).Select(i => ("cat", Pictures.Png(i))),
                ("dog", Pictures.Png(50)),
                ("dog", Pictures.Png(51)),
                ("bird", Pictures.Png(52)),
            ]
        );

        var problems = harness.Find("pets").Problems;

        Assert.Equal(
            [
                (DatasetProblemCode.EmptyClass, ProblemSeverity.Error, "'fish'"),
                (DatasetProblemCode.TooFewImages, ProblemSeverity.Error, "'bird'"),
                (DatasetProblemCode.FewImages, ProblemSeverity.Warning, "'dog'"),
                (DatasetProblemCode.Imbalance, ProblemSeverity.Warning, "'bird'"),
            ],
            problems.Select(item => (item.Code, item.Severity, Quoted(item.Message)))
        );
    }

    [Theory]
    [InlineData("cat", Split.Test, DatasetProblemCode.SplitLeak)]
    [InlineData("dog", Split.Train, DatasetProblemCode.LabelConflict)]
    [InlineData("cat", Split.Train, DatasetProblemCode.NearDuplicates)]
    public async Task Find_SamePictureInAnotherSizeAndFormat_IsFound(
        string label,
        Split split,
        DatasetProblemCode expected
    )
    {
        await harness.AddAsync(
            "pets",
            [.. Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? "cat" : "dog", Pictures.Png(i, 64, 64)))]
        );
        await harness.AddAsync("pets", new UploadTerms(Split: split), (label, Pictures.Jpeg(0, 160, 160)));

        var problem = Assert.Single(harness.Find("pets").Problems);

        var images = harness.Find("pets").Images;
        Assert.Equal((expected, 2), (problem.Code, problem.Count));
        Assert.Equal([images[0].Id, images[^1].Id], problem.Images);
    }

    [Fact]
    public async Task Find_PlainAndSmallImages_AreFound()
    {
        await harness.AddAsync(
            "pets",
            [
                .. Enumerable.Range(0, 50).Select(i => ($"{i % 2}", Pictures.Png(i, 64, 64))),
                ("0", Pictures.Plain(0, 64)),
                ("1", Pictures.Plain(200, 64)),
                ("1", Pictures.Png(99, 64, 10)),
            ]
        );

        var problems = harness.Find("pets").Problems;

        var images = harness.Find("pets").Images;
        Assert.Equal([DatasetProblemCode.OneColor, DatasetProblemCode.SmallImages], problems.Select(item => item.Code));
        Assert.Equal([images[50].Id, images[51].Id], problems[0].Images);
        Assert.Equal([images[52].Id], problems[1].Images);
    }

    [Fact]
    public async Task Find_GroupInTwoSplits_IsFound()
    {
        await harness.AddAsync("pets", [.. Enumerable.Range(0, 50).Select(i => ($"{i % 2}", Pictures.Png(i)))]);
        await harness.AddAsync("pets", new UploadTerms(Split: Split.Train, Group: "ada"), ("0", Pictures.Png(60)));
        await harness.AddAsync("pets", new UploadTerms(Split: Split.Test, Group: "ada"), ("0", Pictures.Png(61)));

        Assert.Equal(DatasetProblemCode.GroupLeak, Assert.Single(harness.Find("pets").Problems).Code);
    }

    private static string Quoted(string message) =>
        message[message.LastIndexOf('\'', message.LastIndexOf('\'') - 1)..].Split(['.', ' '])[0];

    // No images; each reader waits a moment for a second one.
    private sealed class SlowList : IReadOnlyList<DatasetImage>
    {
        private int reads;

        public int Reads => reads;

        public int Count => 0;

        public DatasetImage this[int index] => throw new ArgumentOutOfRangeException(nameof(index));

        public IEnumerator<DatasetImage> GetEnumerator()
        {
            var own = Interlocked.Increment(ref reads);
            SpinWait.SpinUntil(() => Volatile.Read(ref reads) > own, TimeSpan.FromMilliseconds(50));
            yield break;
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
